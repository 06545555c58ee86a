import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Fire, FiringsHeld } from '../../src/coordination/index.js';
import { HeldTimes } from '../../src/timers/index.js';

const BEGAN = 1_000_000;
const elapsed = () => Date.now() - BEGAN;

interface Asked {
  readonly at: number;
  readonly dueAt: number;
  readonly count: number;
  committedAt: number | null;
  released: boolean;
}

let asked: Asked[];
let unready: Set<string>;
/** How a group is held, and how its commit ends. */
let canHold: () => Promise<boolean>;
let commits: boolean;
let backlog: boolean;
let times: HeldTimes;
let settled: [at: number, isFired: boolean][];

beforeEach(() => {
  jest.useFakeTimers({ now: BEGAN });
  [asked, settled, unready] = [[], [], new Set()];
  [canHold, commits, backlog] = [async () => true, true, false];
  const ahead = {
    isReady: (schedule: string) => !unready.has(schedule),
    hold: async (fires: readonly Fire[], dueAt: number): Promise<FiringsHeld | null> => {
      const one: Asked = {
        ...{ at: elapsed(), dueAt: dueAt - BEGAN, count: fires.length },
        ...{ committedAt: null, released: false },
      };
      asked.push(one);
      if (!(await canHold())) return null;
      const commit = async () => {
        one.committedAt = elapsed();
        return commits;
      };
      return { commit, release: async () => void (one.released = true) };
    },
  };
  const settings = { many: 3, newRunId: () => 'run', isHeldBack: () => backlog };
  times = new HeldTimes(ahead, { now: () => Date.now() }, settings);
});
afterEach(async () => {
  await times.stop();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
/** So many schedules, due then. */
function add(count: number, dueAt: number, name = 's'): void {
  times.add(Array.from({ length: count }, (_, n) => ({ schedule: `${name}${n}`, dueAt: BEGAN + dueAt })));
  void times.settled(`${name}0`)?.then((isFired) => settled.push([elapsed(), isFired]));
}

test('many that are due at the same time are decided before it, and take effect at it', async () => {
  add(600, 1_000);
  await pass(300);
  expect(asked.map(({ at, dueAt, count }) => [at, dueAt, count])).toEqual([
    [200, 1_000, 200],
    [200, 1_000, 200],
    [200, 1_000, 200],
  ]);
  await pass(1_000);
  expect(asked.map(({ committedAt }) => committedAt)).toEqual([1_000, 1_000, 1_000]);
  expect(settled).toEqual([[1_000, true]]);
  expect(times.settled('s0')).toBeNull();
});

test('few, those that are not ready, and what is due at once are left alone', async () => {
  add(2, 1_000);
  unready.add('other1');
  add(3, 1_000, 'other');
  add(3, 0, 'soon');
  expect(['s0', 'other0', 'soon0'].map((name) => times.settled(name))).toEqual([null, null, null]);
  await pass(2_000);
  expect(asked).toEqual([]);
});

test('those that lie close together are one transaction, and a second look finds nothing new', async () => {
  const found = [961, 970, 1_000, 1_001].map((dueAt) => ({ schedule: `s${dueAt}`, dueAt: BEGAN + dueAt }));
  times.add(found);
  times.add(found);
  await pass(2_000);
  expect(asked.map(({ dueAt, count }) => [dueAt, count])).toEqual([[1_000, 3]]);
});

test('at most four are held, and the next one as soon as one of them is over', async () => {
  for (let at = 1; at <= 6; at += 1) add(3, 880 + 40 * at, `${at}-`);
  await pass(900);
  expect(asked.map(({ dueAt }) => dueAt)).toEqual([920, 960, 1_000, 1_040]);
  await pass(20);
  expect(asked.map(({ at, dueAt }) => [at, dueAt]).at(-1)).toEqual([920, 1_080]);
  await pass(200);
  expect(asked.map(({ committedAt }) => committedAt)).toEqual([920, 960, 1_000, 1_040, 1_080, 1_120]);
});

test('what cannot be held, or did not take effect, is told as not settled', async () => {
  canHold = async () => false;
  add(3, 1_000);
  await pass(500);
  expect(settled).toEqual([[200, false]]);
  canHold = async () => true;
  commits = false;
  add(3, 1_000);
  await pass(1_000);
  expect(settled).toEqual([
    [200, false],
    [1_000, false],
  ]);
});

test('what is held late takes effect then, unless it is too late; while too much waits for Kafka nothing does', async () => {
  const take = (ms: number) => () => new Promise<boolean>((done) => setTimeout(() => done(true), ms));
  canHold = take(900);
  add(3, 1_000);
  await pass(1_200);
  expect(asked.map(({ committedAt }) => committedAt)).toEqual([1_100]);
  canHold = take(1_900);
  add(3, 2_000);
  await pass(2_500);
  canHold = async () => true;
  add(3, 5_000);
  backlog = true;
  await pass(3_000);
  expect(asked.map(({ committedAt, released }) => [committedAt, released])).toEqual([
    [1_100, false],
    [null, true],
    [null, true],
  ]);
  expect(settled.map(([, isFired]) => isFired)).toEqual([true, false, false]);
});

test('what waits for its turn when it is due is not waited for', async () => {
  canHold = () => new Promise<boolean>((done) => setTimeout(() => done(true), 900));
  add(3, 1_000);
  add(3, 1_000, 'next');
  await pass(1_001);
  expect(settled).toEqual([[1_000, false]]);
  await pass(500);
  expect(asked.map(({ committedAt }) => committedAt)).toEqual([1_100]);
});

test('what is held when it ends comes to nothing', async () => {
  add(3, 1_000);
  await pass(500);
  await times.stop();
  await pass(1_000);
  expect(settled).toEqual([[500, false]]);
  expect(asked.map(({ committedAt, released }) => [committedAt, released])).toEqual([[null, true]]);
});
