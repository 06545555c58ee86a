import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, type InvokeCommand } from '@cordyna/protocol/model';
import { topicsOf } from '@cordyna/protocol/wire';
import {
  awaitUntil,
  privateKafka,
  scriptedServer,
  startCerebro,
  testDatabase,
  uniquePrefix,
} from '@cordyna/testkit';
import type { PrivateKafka, ScriptedServer, StartedCerebro, TcpProxy } from '@cordyna/testkit';
import { check } from './checker/check.js';
import type { Execution, Fault } from './checker/evidence.js';
import type { Violation } from './checker/verdict.js';
import { collect } from './evidence/collect.js';
import { withoutFence } from './sabotage/without-fence.js';
import { AS_IN_PRODUCTION } from './settings.js';
import type { Sources } from './stack/sources.js';
import { unread } from './stack/unread.js';

/** What is taken away; the rest is as it should be. */
interface Guards {
  readonly fence: boolean;
  readonly stallGraceMs: number;
}

/** Two coordinators: the first speaks to Kafka through a proxy, and takes in what HTTP asks for. */
interface Setting extends Sources {
  readonly guards: Guards;
  readonly sender: StartedCerebro;
  readonly other: StartedCerebro;
  readonly server: ScriptedServer;
  readonly runs: string[];
  complete(command: InvokeCommand): Promise<void>;
}

const ACK_MS = 4_000;
const HELD_MS = 7_000;
/** Long enough to be a stall, and the deadline passes in it. */
const OUTAGE_MS = 5_500;
const MAX_STEP_MS = 1_500;
const WAIT_MS = 90_000;
const declaration = {
  server: 'hand',
  tasks: [
    { name: 'work', timeouts: { ackMs: 120_000 } },
    { name: 'deaf', timeouts: { ackMs: ACK_MS } },
  ],
};

async function setUp(kafka: PrivateKafka, guards: Guards): Promise<Setting> {
  const prefix = uniquePrefix();
  const { url: databaseUrl } = await testDatabase();
  const env = {
    CORDYNA_SWEEP_AFTER_MS: '6000',
    CORDYNA_PARTITIONS: '2',
    CORDYNA_MAX_WATERMARK_STEP_MS: String(MAX_STEP_MS),
    CORDYNA_STALL_GRACE_MS: String(guards.stallGraceMs),
  };
  const start = (brokers: readonly string[]): Promise<StartedCerebro> =>
    startCerebro({ brokers, prefix, databaseUrl, env, readyMs: WAIT_MS });
  const [sender, other] = await Promise.all([start(kafka.proxiedBrokers), start(kafka.brokers)]);
  const server = await scriptedServer(kafka.brokers, prefix, declaration);
  const executions: Execution[] = [];
  return {
    ...{ guards, sender, other, server, prefix, databaseUrl, brokers: kafka.brokers, runs: [] },
    serverNames: ['hand'],
    executions: () => executions,
    async complete(command) {
      const { invocation, run, task, attempt } = command;
      executions.push({ invocation, run, task, attempt, by: server.instance });
      await server.say(command, 'completed');
      await other.api.untilFinished(run);
    },
  };
}

async function ask({ sender, runs }: Setting, task: string): Promise<string> {
  const run = await sender.api.createRun({ task });
  runs.push(run);
  return run;
}

/**
 * The sender is stopped at the moment at which an invoke's bytes are in the network, and these are let go when another
 * coordinator has sent it too.
 */
async function holdBytesBack(kafka: PrivateKafka, settings: readonly Setting[]): Promise<void> {
  const { proxy } = kafka;
  // So that the senders have their connections: each has sent a command itself.
  await Promise.all(settings.map((setting) => complete(setting, ask(setting, 'hand.work'))));
  const runs: string[] = [];
  const heldMs = performance.now();
  for (const setting of settings) runs.push(await stopInNetwork(proxy, setting));
  const commands = await Promise.all(
    settings.map(({ server }, at) => server.untilInvoked(runs[at] ?? '', 'hand.work', 1, WAIT_MS)),
  );
  await awaitUntil('the fence would refuse what was held', () => performance.now() - heldMs > HELD_MS);
  // Only now: a coordinator that comes to need a topic puts its settings right.
  for (const { guards, prefix } of settings)
    if (!guards.fence) await withoutFence(kafka.brokers, topicsOf(prefix).commands('hand'));
  let answers = 0;
  proxy.watch((direction) => void (answers += direction === 'toClient' ? 1 : 0));
  proxy.release('toServer');
  // Nobody else speaks through the proxy: the senders are stopped.
  await awaitUntil('Kafka has answered what was held', () => answers >= settings.length);
  for (const { sender } of settings) sender.process.resume();
  await Promise.all(settings.map((setting, at) => setting.complete(commands[at] as InvokeCommand)));
}

/** Resolves when its sender is stopped, and the bytes of its command are on their way. */
async function stopInNetwork(proxy: TcpProxy, setting: Setting): Promise<string> {
  const { prefix, sender } = setting;
  let isStopped = false;
  proxy.trap({
    ...{ direction: 'toServer', after: topicsOf(prefix).commands('hand'), mark: EventType.taskInvoke },
    onSprung: () => {
      sender.process.pause();
      isStopped = true;
    },
  });
  const run = await ask(setting, 'hand.work');
  await awaitUntil('the command is in the network', () => isStopped);
  return run;
}

async function complete(setting: Setting, asked: Promise<string>): Promise<void> {
  await setting.complete(await setting.server.untilInvoked(await asked, 'hand.work'));
}

/** Kafka stands still for longer than a server may take to acknowledge. */
async function stopKafka(kafka: PrivateKafka, settings: readonly Setting[]): Promise<Fault> {
  const runs = await Promise.all(settings.map((setting) => ask(setting, 'hand.deaf')));
  const commands = await Promise.all(
    settings.map(({ server }, at) => server.untilInvoked(runs[at] ?? '', 'hand.deaf')),
  );
  await awaitUntil('the deadlines are running', async () => {
    const histories = await Promise.all(settings.map(({ other }, at) => other.api.history(runs[at] ?? '')));
    return histories.every((rows) => rows.some(({ type }) => type === 'cordyna.task.published.v1'));
  });
  const atMs = Date.now();
  kafka.kafka.pause();
  await awaitUntil('the outage is over', () => Date.now() - atMs > OUTAGE_MS, { timeoutMs: 2 * OUTAGE_MS });
  kafka.kafka.resume();
  const healedMs = Date.now();
  await Promise.all(
    settings.map(async (setting, at) => {
      const run = runs[at] ?? '';
      if (setting.guards.stallGraceMs === 0) await setting.other.api.untilFinished(run);
      else await setting.complete(commands[at] as InvokeCommand);
    }),
  );
  return { kind: 'Kafka stopped', atMs, healedMs, stopsKafka: true };
}

async function judged(setting: Setting, fault: Fault): Promise<readonly Violation[]> {
  await awaitUntil('everything is read', async () => (await unread(setting)).length === 0);
  await Promise.all([setting.sender, setting.other].map(({ process }) => process.stop()));
  const requests = setting.runs.map((run) => ({ key: run, run }));
  const limits = { ...AS_IN_PRODUCTION.limits, maxStepMs: MAX_STEP_MS };
  return check(await collect(setting, { requests, faults: [fault], limits })).violations;
}

describe('what only real processes can show', () => {
  let sound: readonly Violation[];
  let sabotaged: readonly Violation[];

  beforeAll(async () => {
    const kafka = await privateKafka();
    const settings = await Promise.all([
      setUp(kafka, { fence: true, stallGraceMs: 15_000 }),
      setUp(kafka, { fence: false, stallGraceMs: 0 }),
    ]);
    await holdBytesBack(kafka, settings);
    const fault = await stopKafka(kafka, settings);
    [sound, sabotaged] = await Promise.all([judged(settings[0], fault), judged(settings[1], fault)]);
  }, 240_000);

  test('with its guards the installation keeps every invariant', () => {
    expect(sound).toEqual([]);
  });

  test('without the fence of the broker the checker sees a second invoke record', () => {
    expect(sabotaged.map(({ counts }) => counts)).toContain('duplicate invokes');
  });

  test('without the grace after a stall the checker sees a false timeout', () => {
    expect(sabotaged.map(({ counts }) => counts)).toContain('false timeouts');
  });
});
