import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, RETURNED, type TaskError } from '@cordyna/protocol/model';
import { awaitUntil, installation, PARTITIONS, startSdkServer, tailTopic, withAdmin } from '@cordyna/testkit';
import type { Installation, SdkExecution, SdkServer, TailedEvent } from '@cordyna/testkit';

const INVOCATIONS = 500;
/** In the instance that goes. */
const MIN_QUEUED = 50;
/** Of those, when it is killed. */
const MIN_TAKEN = 20;
const DONE_MS = 90_000;
const TEST_MS = 180_000;
/** With 10 at once, some seconds for all of them. */
const SLOW_MS = 100;
const declaration = {
  server: 'crew',
  tasks: [{ name: 'work', retry: { maxAttempts: 5, backoffMs: 50, maxBackoffMs: 200 } }],
};

const countOf = (names: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

describe.each([1, 2])('amid 500 queued invocations, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let events: readonly TailedEvent[];
  const servers: SdkServer[] = [];

  const executions = (runs: ReadonlySet<string>): SdkExecution[] =>
    servers.flatMap((server) => server.executions()).filter(({ run }) => runs.has(run));

  async function addInstance(): Promise<SdkServer> {
    const known = servers.length;
    const server = await startSdkServer({
      ...cordyna,
      declaration,
      concurrency: 10,
      queueLimit: INVOCATIONS,
    });
    servers.push(server);
    const online = async (): Promise<number> => {
      const [crew] = (await cordyna.api.servers()).filter(({ server: name }) => name === 'crew');
      return crew?.instances.length ?? 0;
    };
    await awaitUntil('the new instance is known', async () => (await online()) > known, {
      timeoutMs: 60_000,
    });
    return server;
  }

  /** Requests 500 runs, each with a task that takes its time. */
  async function request(): Promise<ReadonlySet<string>> {
    const runs = Array.from({ length: INVOCATIONS }, () => randomUUID());
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const share = runs.filter((_, at) => at % PARTITIONS === partition);
      await cordyna.bus.write(
        'invocations',
        share.map((run) => ({
          ...cordyna.bus.runRequest({ task: 'crew.work', run, args: { sleepMs: SLOW_MS } }),
          partition,
        })),
      );
    }
    return new Set(runs);
  }

  /** The invocations that it acknowledged and has not begun. */
  function queuedAt(server: SdkServer): ReadonlySet<unknown> {
    const begun = new Set(server.executions().map(({ invocation }) => invocation));
    const mine = events.find(({ data }) => begun.has(String(data['invocation'])) && 'instance' in data);
    const queued = events.filter(
      ({ type, source }) => type === EventType.taskQueued && source === mine?.source,
    );
    const ids = queued.map(({ data }) => data['invocation']);
    return new Set(ids.filter((id) => !begun.has(String(id))));
  }

  /** Waits until this instance runs some of these, and others wait in its queue. */
  const untilBusy = (server: SdkServer, runs: ReadonlySet<string>): Promise<unknown> =>
    awaitUntil(
      'the instance is amid its work',
      () => server.executions().some(({ run }) => runs.has(run)) && queuedAt(server).size >= MIN_QUEUED,
      { timeoutMs: 20_000 },
    );

  /** Waits until what waits in its queue is nobody else's any more: Kafka knows that it was taken. */
  const untilTaken = (server: SdkServer): Promise<unknown> =>
    awaitUntil(
      'what is queued is committed',
      async () => {
        const { brokers, prefix } = cordyna;
        const topic = `${prefix}.commands.crew`;
        const [group] = await withAdmin(brokers, (admin) =>
          admin.fetchOffsets({ groupId: `${prefix}.server.crew`, topics: [topic] }),
        );
        const committed = new Map(
          group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
        );
        const taken = (await cordyna.dump('commands.crew')).filter(
          ({ partition, offset }) => offset < (committed.get(partition) ?? 0),
        );
        const queued = queuedAt(server);
        const ids = taken.map(({ value }) => (JSON.parse(value ?? '{}') as TailedEvent).data['invocation']);
        return ids.filter((id) => queued.has(id)).length >= MIN_TAKEN;
      },
      { timeoutMs: 20_000 },
    );

  const finished = (runs: ReadonlySet<string>): TailedEvent[] =>
    events.filter(({ type, data }) => type === EventType.runFinished && runs.has(String(data['run'])));

  async function untilAllCompleted(runs: ReadonlySet<string>): Promise<void> {
    await awaitUntil(
      'all runs are finished',
      () => {
        const ended = new Set(finished(runs).map(({ data }) => data['run']));
        if (ended.size === runs.size) return true;
        throw new Error(`${ended.size} of ${runs.size}`);
      },
      { timeoutMs: DONE_MS, everyMs: 200 },
    );
    expect(new Set(finished(runs).map(({ data }) => data['state']))).toEqual(new Set(['completed']));
  }

  const errorCodes = (runs: ReadonlySet<string>): string[] => [
    ...new Set(
      events
        .filter(({ type, data }) => type === EventType.taskError && runs.has(String(data['run'])))
        .map(({ data }) => (data['error'] as unknown as TaskError).code),
    ),
  ];

  beforeAll(async () => {
    const env = { CORDYNA_LOST_AFTER_MS: '8000', CORDYNA_STALL_GRACE_MS: '2000' };
    cordyna = await installation({ coordinators, env });
    events = await tailTopic(cordyna.brokers, `${cordyna.prefix}.events`);
    await addInstance();
  }, TEST_MS);

  test(
    'an instance joins and one is stopped by SIGTERM: each invocation runs once, on nobody twice',
    async () => {
      const [first] = servers as [SdkServer];
      const adding = addInstance();
      const runs = await request();
      await adding;
      await untilBusy(first, runs);
      expect(await first.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await untilAllCompleted(runs);

      const counts = countOf(executions(runs).map(({ run }) => run));
      expect(counts.size).toBe(INVOCATIONS);
      expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
      // What it had not begun, it handed back.
      expect(errorCodes(runs)).toEqual([RETURNED]);
    },
    TEST_MS,
  );

  test(
    'an instance is killed with kill -9: none is lost, only what it had runs again, and no run more than twice',
    async () => {
      const [, second] = servers as [SdkServer, SdkServer];
      await addInstance();
      const runs = await request();
      await untilBusy(second, runs);
      await untilTaken(second);
      await second.process.kill('SIGKILL');
      await untilAllCompleted(runs);

      const ran = executions(runs);
      expect(new Set(ran.map(({ run }) => run)).size).toBe(INVOCATIONS);
      // An instance runs an invocation once; another one gets it too when its offset was not committed yet.
      const byProcess = countOf(ran.map(({ invocation, pid }) => `${invocation} ${pid}`));
      expect([...byProcess.values()].every((count) => count === 1)).toBe(true);
      const ofTheKilled = new Set(ran.filter(({ pid }) => pid === second.process.pid).map(({ run }) => run));
      const twice = [...countOf(ran.map(({ run }) => run))].filter(([, count]) => count > 1);
      expect(twice.filter(([run, count]) => count > 2 || !ofTheKilled.has(run))).toEqual([]);
      expect(errorCodes(runs)).toContain('server_lost');
    },
    TEST_MS,
  );
});
