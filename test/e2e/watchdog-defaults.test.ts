import { beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, startSdkServer } from '@cordyna/testkit';
import type { ApiRun } from '@cordyna/testkit';
import type { DumpedEvent, Watched } from './support/watched.js';
import { endedByCerebro, msBetween, startWatched, taskOf } from './support/watched.js';

/** The protocol's limits: nothing in this file is shortened. */
const TIMEOUTS = { ackMs: 10_000, startMs: 600_000, completeMs: 1_800_000 };
const GRACE_MS = 15_000;
const LOST_MS = 15_000;
const LATE_MS = 3_000;
const SCENE_MS = 150_000;

const declaration = {
  server: 'steady',
  tasks: [
    { name: 'silent' },
    { name: 'long' },
    { name: 'waits', dependsOn: ['long'] },
    { name: 'hasty', timeouts: { ackMs: 5_000 } },
  ],
};
const behaviours = { silent: { conduct: 'ignore' }, long: { neverEnds: true } };

interface Outcome {
  readonly invokes: readonly DumpedEvent[];
  readonly silent: ApiRun;
  readonly silentEnds: readonly string[];
  readonly silentWithinMs: number;
  readonly started: ApiRun;
  readonly queued: ApiRun;
  /** From the last record of the killed instance until it was listed as lost. */
  readonly lostAfterMs: number;
  readonly lostWithinMs: number;
}

/** A machine that stands still for more than 3 s silences the watchdogs; how long, is said by the coordinators. */
async function excusedMs({ cerebros }: Watched): Promise<number> {
  const counts = await Promise.all(
    cerebros.map(async ({ api }) => {
      const { body } = await api.request('GET', '/metrics');
      return Number(/^cordyna_stalls_total (\d+)$/m.exec(String(body))?.[1]);
    }),
  );
  return Math.min(...counts) * (GRACE_MS + LATE_MS);
}

async function lastSignOfLife(watched: Watched, instance: string): Promise<number> {
  const records = [...(await watched.dump('servers')), ...(await watched.dump('events'))];
  return Math.max(
    ...records.filter(({ data }) => data['instance'] === instance).map((record) => record.timestampMs),
  );
}

async function play(coordinators: number): Promise<Outcome> {
  const watched = await startWatched({ coordinators });
  const readyAt = Date.now();
  const { api, brokers, prefix } = watched;
  const server = await startSdkServer({ brokers, prefix, declaration, behaviours, concurrency: 1 });
  await api.untilOnline('steady');
  const ids = { silent: await api.createRun({ task: 'steady.silent' }), hasty: '', started: '', queued: '' };
  ids.hasty = await api.createRun({ task: 'steady.hasty' });
  await api.untilFinished(ids.hasty);
  const reach = (id: string, state: string): Promise<unknown> =>
    awaitUntil(`a task is ${state}`, async () => taskOf(await api.run(id), 'steady.long').state === state);
  ids.started = await api.createRun({ task: 'steady.long' });
  await reach(ids.started, 'started');
  ids.queued = await api.createRun({ task: 'steady.long' });
  await reach(ids.queued, 'queued');
  await server.process.kill('SIGKILL');

  const lost = await awaitUntil(
    'the killed instance is listed as lost',
    async () => {
      const [instance] = (await api.servers()).find((one) => one.server === 'steady')?.instances ?? [];
      return instance?.state === 'lost' && { instance: instance.instance, at: Date.now() };
    },
    { timeoutMs: 60_000, everyMs: 50 },
  );
  const [silent, started, queued] = await Promise.all(
    [ids.silent, ids.started, ids.queued].map((id) => api.untilFinished(id, 40_000)),
  );
  const excused = await excusedMs(watched);
  const invokedAt = Date.parse(taskOf(silent as ApiRun, 'steady.silent').invokedAt as string);
  return {
    invokes: (await watched.dump('commands.steady')).filter(({ type }) => type === 'cordyna.task.invoke.v1'),
    silent: silent as ApiRun,
    silentEnds: endedByCerebro(await api.history(ids.silent)),
    // Coordinators that have just started are silent for the grace.
    silentWithinMs: Math.max(TIMEOUTS.ackMs, readyAt + GRACE_MS - invokedAt) + LATE_MS + excused,
    started: started as ApiRun,
    queued: queued as ApiRun,
    lostAfterMs: lost.at - (await lastSignOfLife(watched, lost.instance)),
    lostWithinMs: LOST_MS + LATE_MS + excused,
  };
}

// They mostly wait: side by side.
const scenes = new Map<number, Promise<Outcome>>();
beforeAll(async () => {
  for (const coordinators of [1, 2]) scenes.set(coordinators, play(coordinators));
  await Promise.allSettled(scenes.values());
}, SCENE_MS);

describe.each([1, 2])('time limits that nobody set, with %i coordinator(s)', (coordinators) => {
  const outcome = (): Promise<Outcome> => scenes.get(coordinators) as Promise<Outcome>;

  test('an invoke says 10 s, 10 min and 30 min, and expires 10 s after its publication', async () => {
    const { invokes } = await outcome();
    const limits = invokes.map(({ data, timestampMs }) => ({
      task: data['task'],
      timeouts: data['timeouts'],
      expiresInMs: Date.parse(String(data['expiresAt'])) - timestampMs,
    }));
    const long = { task: 'steady.long', timeouts: TIMEOUTS, expiresInMs: TIMEOUTS.ackMs };
    expect(limits).toHaveLength(4);
    expect(limits).toEqual(
      expect.arrayContaining([
        { ...long, task: 'steady.silent' },
        { task: 'steady.hasty', timeouts: { ...TIMEOUTS, ackMs: 5_000 }, expiresInMs: 5_000 },
        long,
        long,
      ]),
    );
  });

  test('an invocation that nobody acknowledges times out after 10 s', async () => {
    const { silent, silentEnds, silentWithinMs } = await outcome();
    const task = taskOf(silent, 'steady.silent');
    expect(task.error).toMatchObject({ code: 'ack_timeout' });
    expect(silentEnds).toEqual(['steady.silent ack_timeout']);
    const tookMs = msBetween(task.invokedAt, task.finishedAt);
    expect(tookMs).toBeGreaterThanOrEqual(TIMEOUTS.ackMs);
    expect(tookMs).toBeLessThan(silentWithinMs);
  });

  test('an instance killed with kill -9 is lost 15 s after its last sign of life, at most 3 s later', async () => {
    const { lostAfterMs, lostWithinMs } = await outcome();
    expect(lostAfterMs).toBeGreaterThanOrEqual(LOST_MS);
    expect(lostAfterMs).toBeLessThanOrEqual(lostWithinMs);
  });

  test('what the killed instance had started and what it had queued ends in server_lost', async () => {
    const { started, queued } = await outcome();
    for (const run of [started, queued]) {
      expect(run.state).toBe('failed');
      expect(taskOf(run, 'steady.long')).toMatchObject({
        state: 'error',
        attempt: 1,
        error: { code: 'server_lost', retryable: true },
      });
      expect(taskOf(run, 'steady.waits')).toMatchObject({ state: 'blocked', blockedBy: 'steady.long' });
    }
    expect(taskOf(started, 'steady.long').startedAt).not.toBeNull();
    expect(taskOf(queued, 'steady.long')).toMatchObject({ startedAt: null });
  });
});
