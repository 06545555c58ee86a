import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, type Trigger } from '@cordyna/protocol/model';
import { awaitUntil, installation, startSdkServer, tailTopic } from '@cordyna/testkit';
import type { Installation, StartedCerebro, TailedEvent } from '@cordyna/testkit';

const EVERY_MS = 400;
/** Longer than the time between two firings. */
const SLOW_MS = 700;
/** So many due times pass in each part of the test. */
const DUE_TIMES = 6;
const TEST_MS = 150_000;
const TASKS = ['clock.quick', 'clock.slow'];

interface Firing {
  readonly scheduledFor: string;
  readonly outcome: 'run' | 'skipped' | 'missed';
  readonly run: string | null;
  readonly reason: string | null;
}

describe('schedules, with three coordinators', () => {
  let cordyna: Installation;
  let events: readonly TailedEvent[];

  beforeAll(async () => {
    cordyna = await installation({ coordinators: 3 });
    events = await tailTopic(cordyna.brokers, `${cordyna.prefix}.events`);
    await startSdkServer({
      ...cordyna,
      declaration: {
        server: 'clock',
        tasks: [
          { name: 'quick', everyMs: EVERY_MS },
          { name: 'slow', everyMs: EVERY_MS },
        ],
      },
      behaviours: { slow: { sleepMs: SLOW_MS } },
    });
  }, TEST_MS);

  /** Oldest first. */
  async function firings({ api }: StartedCerebro, task: string): Promise<Firing[]> {
    const { status, body } = await api.request('GET', `/api/v1/schedules/${task}/firings?limit=500`);
    expect(status).toBe(200);
    return (body as Firing[]).reverse();
  }

  const settled = (cerebro: StartedCerebro) => Promise.all(TASKS.map((task) => firings(cerebro, task)));

  /** Waits until so many more due times of both tasks are settled than `before`, of which the given kinds are some. */
  async function untilFired(
    cerebro: StartedCerebro,
    more: number,
    outcome: Firing['outcome'] = 'run',
    before?: readonly (readonly Firing[])[],
  ) {
    before ??= await settled(cerebro);
    await awaitUntil(
      `${more} more due times are settled, some of them ${outcome}`,
      async () => {
        const now = await settled(cerebro);
        return now.every((all, at) => {
          const fresh = all.slice(before[at]?.length ?? 0);
          return fresh.length >= more && fresh.some((firing) => firing.outcome === outcome);
        });
      },
      { timeoutMs: 40_000, everyMs: 100 },
    );
  }

  const runsBySchedule = (type: EventType, task: string): Map<string, Trigger> => {
    const runs = new Map<string, Trigger>();
    for (const event of events) {
      const trigger = event.data['trigger'] as unknown as Trigger | undefined;
      if (event.type !== type || trigger?.kind !== 'schedule' || trigger.schedule !== task) continue;
      runs.set(String(event.data['run']), trigger);
    }
    return runs;
  };

  test(
    'each due time is exactly one of run, skipped and missed, with one coordinator killed and one stopped',
    async () => {
      const [first, second, third] = cordyna.cerebros as [StartedCerebro, StartedCerebro, StartedCerebro];
      await untilFired(third, DUE_TIMES);
      await first.process.kill('SIGKILL');
      second.process.pause();
      await untilFired(third, DUE_TIMES);

      // Taken before nobody coordinates: who wakes up settles what was missed at once.
      const before = await settled(third);
      third.process.pause();
      const pausedAt = Date.now();
      await awaitUntil('due times pass that nobody sees', () => Date.now() - pausedAt > 4 * EVERY_MS);
      second.process.resume();
      third.process.resume();
      await untilFired(third, DUE_TIMES, 'missed', before);
      await untilFired(second, DUE_TIMES);

      for (const task of TASKS) {
        const all = await firings(second, task);
        const due = all.map(({ scheduledFor }) => Date.parse(scheduledFor));
        expect(due.map((at) => at - (due[0] ?? 0))).toEqual(due.map((_, n) => n * EVERY_MS));

        const ran = all.filter(({ outcome }) => outcome === 'run');
        const runs = new Map(ran.map(({ run, scheduledFor }) => [run, scheduledFor]));
        expect(runs.size).toBe(ran.length);
        const finished = await awaitUntil(
          `what ${task} began has ended`,
          () => {
            const ended = runsBySchedule(EventType.runFinished, task);
            return [...runs.keys()].every((run) => ended.has(run ?? '')) && ended;
          },
          { timeoutMs: 40_000 },
        );
        const upTo = due.at(-1) ?? 0;
        const told = [...finished].filter(([, { scheduledFor }]) => Date.parse(scheduledFor ?? '') <= upTo);
        expect(new Map(told.map(([run, { scheduledFor }]) => [run, scheduledFor]))).toEqual(runs);
        for (const { reason } of all.filter(({ outcome }) => outcome !== 'run')) expect(reason).not.toBe('');
      }
      const slow = await firings(second, 'clock.slow');
      expect(new Set(slow.map(({ outcome }) => outcome))).toEqual(new Set(['run', 'skipped', 'missed']));
    },
    TEST_MS,
  );
});
