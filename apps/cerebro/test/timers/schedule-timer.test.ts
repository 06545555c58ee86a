import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import {
  Due,
  type Changes,
  type Errand,
  type Inbound,
  type Outcome,
  type TimerQueries,
} from '../../src/coordination/index.js';
import { ScheduleTimer } from '../../src/timers/index.js';

const BEGAN = 1_000_000;
const DONE: Outcome = { kind: 'done' };
const EARLY: Outcome = { kind: 'refused', code: 'wrong_state', message: 'it is not due', errors: [] };

let stored: Map<string, number>;
let waiting: string[];
let looks: { readonly at: number; readonly all: boolean }[];
let proposed: {
  readonly at: number;
  readonly schedule: string;
  readonly answer: (outcome: Outcome) => void;
}[];
let prepared: (readonly string[])[];
let backlog: { excess: number | null };
let ours: (schedule: string) => boolean;
let due: Due;
let timer: ScheduleTimer;
const elapsed = () => Date.now() - BEGAN;

beforeEach(() => {
  jest.useFakeTimers({ now: BEGAN });
  [stored, waiting, looks, proposed, prepared] = [new Map(), [], [], [], []];
  backlog = { excess: null };
  due = new Due();
  const clock = { now: () => Date.now() };
  const queries = {
    dueSchedules: async (aheadMs: number, limit: number) => {
      if (aheadMs > 0) looks.push({ at: elapsed(), all: true });
      const found = [...stored].map(([schedule, dueAt]) => ({ schedule, dueAt }));
      return found.filter(({ dueAt }) => dueAt <= clock.now() + aheadMs).slice(0, limit);
    },
    schedulesThatWait: async () => {
      looks.push({ at: elapsed(), all: false });
      return waiting;
    },
  } as unknown as TimerQueries;
  const door = {
    submit: (inbound: Inbound) =>
      new Promise<Outcome>((answer) => {
        if (inbound.kind === 'fire') proposed.push({ at: elapsed(), schedule: inbound.schedule, answer });
      }),
    prepare: async (schedules: readonly string[]) => void prepared.push(schedules),
  };
  ours = () => true;
  const newRun = () => 'run';
  timer = new ScheduleTimer(queries, door, clock, due, newRun, backlog, (schedule) => ours(schedule));
});
afterEach(async () => {
  const stopped = timer.stop();
  for (const { answer } of proposed) answer(DONE);
  await stopped;
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const seen = () => proposed.map(({ at, schedule }) => [at, schedule]);
/** A commit of this coordinator. */
const commit = (changes: object) =>
  due.committed({ runs: [], schedules: [], registry: { changes: [] }, ...changes } as unknown as Changes);
const runEnded = { run: { state: 'completed' }, seed: { trigger: { kind: 'schedule' } }, touched: [] };

test('a schedule is proposed at its due time, and the next one without waiting for the answer', async () => {
  stored = new Map([
    ['later', BEGAN + 5_000],
    ['b', BEGAN + 404],
    ['a', BEGAN + 400],
  ]);
  timer.start();
  await pass(450);
  expect(seen()).toEqual([
    [400, 'a'],
    [404, 'b'],
  ]);
  expect(prepared).toEqual([['b', 'a']]);
});

test('a schedule whose proposal is not answered is proposed again only then', async () => {
  stored.set('a', BEGAN - 10);
  timer.start();
  await pass(2_000);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['a']);
  commit({ schedules: [{ value: { schedule: 'a', active: true, nextDueAt: BEGAN + 1_900 } }] });
  await pass(100);
  stored.clear();
  proposed[0]!.answer(DONE);
  await pass(1_000);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['a', 'a']);
});

test('one that came too early is proposed again', async () => {
  stored.set('a', BEGAN + 100);
  timer.start();
  await pass(100);
  stored.clear();
  proposed[0]!.answer(EARLY);
  await pass(50);
  proposed[1]!.answer(DONE);
  await pass(2_000);
  expect(seen()).toEqual([
    [100, 'a'],
    [112, 'a'],
  ]);
});

test('what this coordinator makes due soon is proposed without a question', async () => {
  timer.start();
  await pass(10);
  commit({ schedules: [{ value: { schedule: 'a', active: true, nextDueAt: BEGAN + 100 } }] });
  commit({ schedules: [{ value: { schedule: 'paused', active: false, nextDueAt: BEGAN + 100 } }] });
  await pass(200);
  expect(seen()).toEqual([[100, 'a']]);
  expect(looks).toHaveLength(1);
});

test('when a run ends, only schedules that wait for one are asked for; all of them now and then, however many runs end', async () => {
  timer.start();
  await pass(10);
  waiting.push('queued');
  commit({ runs: [runEnded] });
  await pass(50);
  expect(looks.map(({ all }) => all)).toEqual([true, false]);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['queued']);
  waiting.length = 0;
  for (let at = 0; at < 100; at += 1) {
    commit({ runs: [runEnded] });
    await pass(25);
  }
  const all = looks.filter((look) => look.all).map(({ at }) => at);
  const gaps = all.slice(1).map((at, n) => at - (all[n] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(600);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
});

const found = (...errands: readonly Errand[]) => ({ errands: new Set(errands) });

test('while looks find no schedule nobody asks, and from the first one that is found on, or when no look comes, it does', async () => {
  timer.start();
  await pass(10);
  for (let at = 0; at < 8; at += 1) {
    timer.seen(found('retries'));
    await pass(500);
  }
  expect(looks.map(({ at }) => at)).toEqual([0]);
  stored.set('a', BEGAN + 5_200);
  timer.seen(found('schedules'));
  await pass(600);
  expect(looks).toHaveLength(2);
  expect(seen()).toEqual([]);
  await pass(1_000);
  expect(seen()).toEqual([[5_200, 'a']]);
  stored.clear();
  timer.seen(found());
  looks.length = 0;
  await pass(3_000);
  expect(looks.length).toBeGreaterThanOrEqual(4);
});

test('what a commit makes due is asked for however calm the last look was', async () => {
  timer.start();
  await pass(10);
  timer.seen(found());
  await pass(100);
  waiting.push('queued');
  commit({ runs: [runEnded] });
  timer.seen(found());
  await pass(50);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['queued']);
});

test('nothing is proposed while too much waits for Kafka, and all of it once there is room', async () => {
  stored.set('a', BEGAN + 100);
  timer.start();
  await pass(50);
  backlog.excess = 1;
  await pass(2_000);
  expect(seen()).toEqual([]);
  backlog.excess = null;
  await pass(600);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['a']);
});

test('what another coordinator looks after is proposed only when it has not been settled in time', async () => {
  ours = (schedule) => schedule === 'ours';
  stored = new Map([
    ['ours', BEGAN + 100],
    ['theirs', BEGAN + 100],
    ['theirs and settled', BEGAN + 120],
  ]);
  timer.start();
  await pass(200);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['ours']);
  stored.delete('ours');
  stored.delete('theirs and settled');
  await pass(200);
  expect(seen().map(([, schedule]) => schedule)).toEqual(['ours', 'theirs']);
  expect(proposed[1]!.at).toBeGreaterThanOrEqual(350);
});
