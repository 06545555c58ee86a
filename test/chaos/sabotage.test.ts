import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, type InvokeCommand } from '@cordyna/protocol/model';
import {
  awaitUntil,
  privateKafka,
  scriptedServer,
  startCerebro,
  testDatabase,
  uniquePrefix,
} from '@cordyna/testkit';
import type { PrivateKafka, ScriptedServer, StartedCerebro } from '@cordyna/testkit';
import { check } from './checker/check.js';
import type { Execution, Fault } from './checker/evidence.js';
import type { Violation } from './checker/verdict.js';
import { collect } from './evidence/collect.js';
import { AS_IN_PRODUCTION } from './settings.js';
import type { Sources } from './stack/sources.js';

/** What is taken away; the rest is as it should be. */
interface Guards {
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
const OUTAGE_MS = 9_000;
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

/** The bytes of an invoke are held back until another coordinator has sent it too, and only then let go. */
async function holdBytesBack(kafka: PrivateKafka, settings: readonly Setting[]): Promise<void> {
  const chunks: string[] = [];
  kafka.proxy.watch((direction, chunk) => {
    if (direction === 'toServer') chunks.push(chunk.toString('latin1'));
  });
  const isSent = (run: string): boolean =>
    chunks.some((chunk) => chunk.includes(run) && chunk.includes(EventType.taskInvoke));
  // So that the senders have their connections: each has sent a command itself.
  await Promise.all(
    settings.map(async (setting) => {
      const run = await ask(setting, 'hand.work');
      await setting.complete(await setting.server.untilInvoked(run, 'hand.work'));
    }),
  );
  const heldMs = performance.now();
  kafka.proxy.hold('toServer');
  const runs = await Promise.all(settings.map((setting) => ask(setting, 'hand.work')));
  await awaitUntil('the commands are in the network', () => runs.every(isSent));
  const commands = await Promise.all(
    settings.map(({ server }, at) => server.untilInvoked(runs[at] ?? '', 'hand.work')),
  );
  await awaitUntil('the fence would refuse what was held', () => performance.now() - heldMs > HELD_MS);
  kafka.proxy.release('toServer');
  await Promise.all(settings.map((setting, at) => setting.complete(commands[at] as InvokeCommand)));
  // What the sender sends now comes after what was held back.
  for (const setting of settings) {
    const run = await ask(setting, 'hand.work');
    await setting.complete(await setting.server.untilInvoked(run, 'hand.work'));
  }
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
  await Promise.all([setting.sender, setting.other].map(({ process }) => process.stop()));
  const requests = setting.runs.map((run) => ({ key: run, run }));
  const { limits } = AS_IN_PRODUCTION;
  return check(await collect(setting, { requests, faults: [fault], limits })).violations;
}

describe('what only real processes can show', () => {
  let sound: readonly Violation[];
  let sabotaged: readonly Violation[];

  beforeAll(async () => {
    const kafka = await privateKafka();
    const settings = await Promise.all([
      setUp(kafka, { stallGraceMs: 15_000 }),
      setUp(kafka, { stallGraceMs: 0 }),
    ]);
    await holdBytesBack(kafka, settings);
    const fault = await stopKafka(kafka, settings);
    sound = await judged(settings[0], fault);
    sabotaged = await judged(settings[1], fault);
  }, 240_000);

  test('with its guards the installation keeps every invariant', () => {
    expect(sound).toEqual([]);
  });

  test('without the grace after a stall the checker sees a false timeout', () => {
    expect(sabotaged.map(({ counts }) => counts)).toContain('false timeouts');
  });
});
