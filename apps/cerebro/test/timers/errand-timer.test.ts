import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Due, type Changes, type Errand } from '../../src/coordination/index.js';
import { ErrandTimer } from '../../src/timers/index.js';

const BEGAN = 1_000_000;
const elapsed = () => Date.now() - BEGAN;
const found = (...errands: readonly Errand[]) => ({ errands: new Set(errands) });

let proposedAt: number[];
let more: number;
let due: Due;
let timer: ErrandTimer;

beforeEach(() => {
  jest.useFakeTimers({ now: BEGAN });
  [proposedAt, more, due] = [[], 0, new Due()];
  const propose = async (): Promise<boolean> => {
    proposedAt.push(elapsed());
    return more-- > 0;
  };
  timer = new ErrandTimer({ name: 'Retries', errand: 'retries', propose }, { now: () => Date.now() }, due);
});
afterEach(async () => {
  await timer.stop();
  jest.useRealTimers();
});

const retryAt = (at: number): Changes =>
  ({
    runs: [{ run: { state: 'running' }, seed: { trigger: {} }, touched: [{ retryAt: at }] }],
    ...{ registry: { changes: [] }, schedules: [] },
  }) as unknown as Changes;

test('what a commit makes due is proposed at its time, and what a look finds at once', async () => {
  timer.start();
  due.committed(retryAt(BEGAN + 1_000));
  timer.seen(found('events', 'unsent'));
  await jest.advanceTimersByTimeAsync(900);
  expect(proposedAt).toEqual([]);
  await jest.advanceTimersByTimeAsync(200);
  expect(proposedAt).toHaveLength(1);
  expect(proposedAt[0]).toBeGreaterThanOrEqual(1_000);
  timer.seen(found('retries'));
  await jest.advanceTimersByTimeAsync(1);
  expect(proposedAt).toHaveLength(2);
});

test('as long as there is more it goes on, and stopped it proposes nothing', async () => {
  more = 3;
  timer.seen(found('retries'));
  await jest.advanceTimersByTimeAsync(10);
  expect(proposedAt).toEqual([]);
  timer.start();
  timer.seen(found('retries'));
  await jest.advanceTimersByTimeAsync(10);
  expect(proposedAt).toHaveLength(4);
  due.committed(retryAt(BEGAN + 100));
  await timer.stop();
  timer.seen(found('retries'));
  await jest.advanceTimersByTimeAsync(1_000);
  expect(proposedAt).toHaveLength(4);
});
