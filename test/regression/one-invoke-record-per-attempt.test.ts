import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, type InvokeCommand } from '@cordyna/protocol/model';
import {
  api,
  awaitUntil,
  dumpTopic,
  privateKafka,
  scriptedServer,
  startCerebro,
  tcpProxy,
  testDatabase,
  uniquePrefix,
} from '@cordyna/testkit';
import type { PrivateKafka, ScriptedServer, StartedCerebro, TcpProxy } from '@cordyna/testkit';

/** The broker refuses what was stamped longer ago; a busy machine gets some more. */
const FENCE_MS = 5_000;
const STALE_MS = FENCE_MS + 1_000;
const SWEEP_AFTER_MS = '6000';
const TEST_MS = 90_000;
/** So many commands lie in several partitions, and so slow a network makes reading all of these back last long. */
const LOST_AT_ONCE = 12;
const SLOW_MS = 150;
const SLOWEST_MS = 40_000;
const TASK = 'held.work';
/** `ReadyForQuery` of PostgreSQL's protocol: what was sent is done, and no transaction is open. */
const OUTSIDE = Buffer.from('Z\0\0\0\x05I', 'latin1');
const declaration = { server: 'held', tasks: [{ name: 'work', timeouts: { ackMs: 60_000 } }] };

interface Setting {
  readonly coordinators: number;
  readonly prefix: string;
  /** Speaks to Kafka and PostgreSQL through proxies. */
  readonly sender: StartedCerebro;
  readonly postgres: TcpProxy;
  /** The second coordinator, with connections of its own. */
  readonly other: StartedCerebro | undefined;
  readonly server: ScriptedServer;
}

async function setUp(kafka: PrivateKafka, coordinators: number): Promise<Setting> {
  const prefix = uniquePrefix();
  const env = { CORDYNA_SWEEP_AFTER_MS: SWEEP_AFTER_MS };
  const { url: databaseUrl } = await testDatabase();
  const proxied = new URL(databaseUrl);
  const postgres = await tcpProxy({ target: { host: proxied.hostname, port: Number(proxied.port) } });
  proxied.port = String(postgres.port);
  const common = { prefix, env, readyMs: 60_000 };
  const [sender, other] = await Promise.all([
    startCerebro({ ...common, brokers: kafka.proxiedBrokers, databaseUrl: proxied.href }),
    coordinators > 1 ? startCerebro({ ...common, brokers: kafka.brokers, databaseUrl }) : undefined,
  ]);
  const server = await scriptedServer(kafka.brokers, prefix, declaration);
  return { coordinators, prefix, sender, postgres, other, server };
}

const untilStale = (sinceMs: number): Promise<unknown> =>
  awaitUntil('the broker refuses what was stamped then', () => Date.now() - sinceMs > STALE_MS);

/** Whether bytes with this text went by, however they are to end. */
function sightings(proxy: TcpProxy): (...texts: string[]) => boolean {
  const chunks: string[] = [];
  proxy.watch((direction, chunk) => {
    if (direction === 'toServer') chunks.push(chunk.toString('latin1'));
  });
  return (...texts) => chunks.some((chunk) => texts.every((text) => chunk.includes(text)));
}

/**
 * Stops the sender with SIGSTOP when PostgreSQL has committed this run and before the answer reaches the sender: the
 * command has not left. Resolves when it is stopped.
 */
async function stopAfterCommit({ sender, postgres }: Setting, run: string, begin: () => void): Promise<void> {
  let committing: number | undefined;
  let isStopped = false;
  postgres.watch((direction, chunk, connection) => {
    if (direction === 'toServer') {
      const text = chunk.toString('latin1');
      if (text.includes(run) && text.includes(EventType.runCreated)) committing ??= connection;
    } else if (connection === committing && !isStopped && chunk.subarray(-OUTSIDE.length).equals(OUTSIDE)) {
      isStopped = true;
      sender.process.pause();
    }
  });
  begin();
  await awaitUntil(`${run} is committed`, () => isStopped);
}

describe('a command topic', () => {
  let kafka: PrivateKafka;
  let settings: readonly Setting[];
  let sawOnKafka: (...texts: string[]) => boolean;

  beforeAll(async () => {
    kafka = await privateKafka();
    sawOnKafka = sightings(kafka.proxy);
    settings = await Promise.all([1, 2].map((coordinators) => setUp(kafka, coordinators)));
    // So that the sender has all its connections: it has sent a command itself.
    for (const setting of settings) {
      await awaitUntil(
        'a command went through the proxy',
        async () => sawOnKafka(await untilSenderIsThrough(setting), EventType.taskInvoke),
        { timeoutMs: 60_000 },
      );
    }
  }, TEST_MS);

  const invokesOf = async ({ prefix }: Setting, run: string) =>
    (await dumpTopic(kafka.brokers, `${prefix}.commands.held`)).filter(({ value }) => {
      const { type, data } = JSON.parse(value ?? '{}') as { type: string; data: InvokeCommand };
      return type === EventType.taskInvoke && data.run === run;
    });

  async function complete({ server, sender }: Setting, command: InvokeCommand): Promise<void> {
    await server.say(command, 'completed');
    expect((await sender.api.untilFinished(command.run)).state).toBe('completed');
  }

  /** What the sender sends now comes after all that it had sent before. */
  async function untilSenderIsThrough(setting: Setting): Promise<string> {
    const run = await setting.sender.api.createRun({ task: TASK });
    await complete(setting, await setting.server.untilInvoked(run, TASK));
    expect(await invokesOf(setting, run)).toHaveLength(1);
    return run;
  }

  async function expectOneFromTheSweeper(setting: Setting, run: string, sinceMs: number): Promise<void> {
    await complete(setting, await setting.server.untilInvoked(run, TASK));
    await untilSenderIsThrough(setting);
    const records = await invokesOf(setting, run);
    expect(records).toHaveLength(1);
    expect((records[0]?.timestampMs ?? 0) - sinceMs).toBeGreaterThan(FENCE_MS);
    expect(setting.server.invokes.filter((command) => command.run === run)).toHaveLength(1);
    const [task] = (await setting.sender.api.run(run)).tasks;
    expect(task).toMatchObject({ state: 'completed', attempt: 1 });
  }

  test(
    'holds one invoke record per attempt when the network held the bytes of the sender back',
    async () => {
      const sinceMs = Date.now();
      kafka.proxy.hold('toServer');
      const runs = await Promise.all(settings.map(({ sender }) => sender.api.createRun({ task: TASK })));
      await awaitUntil('the commands are in the network', () =>
        runs.every((run) => sawOnKafka(run, EventType.taskInvoke)),
      );
      // With a second coordinator, its sweeper is faster than the bytes.
      await Promise.all(
        settings.map(({ other, server }, at) => other && server.untilInvoked(runs[at] ?? '', TASK)),
      );
      await untilStale(sinceMs);
      expect(kafka.proxy.heldBytes('toServer')).toBeGreaterThan(0);
      kafka.proxy.release('toServer');
      await Promise.all(
        settings.map((setting, at) => expectOneFromTheSweeper(setting, runs[at] ?? '', sinceMs)),
      );
    },
    TEST_MS,
  );

  test(
    'holds the commands that were lost though reading back takes longer than the fence lets a stamp age',
    async () => {
      const [setting] = settings;
      if (!setting) throw new Error('there is a setting');
      const { sender, server } = setting;
      const sinceMs = Date.now();
      kafka.proxy.hold('toServer');
      const runs = await Promise.all(
        Array.from({ length: LOST_AT_ONCE }, () => sender.api.createRun({ task: TASK })),
      );
      await awaitUntil('commands are in the network', () =>
        runs.some((run) => sawOnKafka(run, EventType.taskInvoke)),
      );
      // What waits behind them is too old, too, when it can leave.
      await untilStale(sinceMs);
      kafka.proxy.reset();
      kafka.proxy.release('toServer');
      kafka.proxy.delay(SLOW_MS);
      try {
        const commands = runs.map((run) => server.untilInvoked(run, TASK, 1, SLOWEST_MS));
        for (const command of await Promise.all(commands)) await complete(setting, command);
      } finally {
        kafka.proxy.delay(0);
      }
      for (const run of runs) expect(await invokesOf(setting, run)).toHaveLength(1);
    },
    TEST_MS,
  );

  test(
    'holds one invoke record per attempt when the sender was stopped after its commit, before its bytes left',
    async () => {
      await Promise.all(
        settings.map(async (setting) => {
          const { sender, other, server } = setting;
          const sinceMs = Date.now();
          const run = randomUUID();
          let answer: Promise<string> | undefined;
          await stopAfterCommit(setting, run, () => (answer = sender.api.createRun({ task: TASK, run })));
          if (other) {
            expect((await other.api.run(run)).state).toBe('running');
            expect(server.invokes.filter((command) => command.run === run)).toEqual([]);
            await server.untilInvoked(run, TASK);
          }
          await untilStale(sinceMs);
          sender.process.resume();
          expect(await answer).toBe(run);
          await expectOneFromTheSweeper(setting, run, sinceMs);
        }),
      );
    },
    TEST_MS,
  );

  test(
    'holds no invoke of a run that was cancelled on another coordinator after the one that committed it died',
    async () => {
      const [, pair] = settings;
      if (!pair?.other) throw new Error('the second setting has two coordinators');
      kafka.proxy.hold('toServer');
      const cancelled = await pair.sender.api.createRun({ task: TASK });
      const kept = await pair.sender.api.createRun({ task: TASK });
      await pair.sender.process.kill('SIGKILL');
      kafka.proxy.release('toServer');

      const other = api(pair.other.url);
      await other.cancel(cancelled);
      expect((await other.run(cancelled)).tasks).toMatchObject([{ state: 'cancelled' }]);
      // It was committed later, so the sweeper comes to it later, if not in the same round.
      const command = await pair.server.untilInvoked(kept, TASK);
      await pair.server.say(command, 'completed');
      expect((await other.untilFinished(kept)).state).toBe('completed');
      expect(await invokesOf(pair, kept)).toHaveLength(1);
      expect(await invokesOf(pair, cancelled)).toEqual([]);
      expect((await other.run(cancelled)).state).toBe('cancelled');
    },
    TEST_MS,
  );
});
