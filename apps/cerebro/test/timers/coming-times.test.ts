import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ComingTimes } from '../../src/timers/coming-times.js';

const BEGAN = 1_000_000;

let told: { readonly at: number; readonly names: readonly string[] }[];
let coming: ComingTimes;
const elapsed = () => Date.now() - BEGAN;

beforeEach(() => {
  jest.useFakeTimers({ now: BEGAN });
  told = [];
  coming = new ComingTimes({ now: () => Date.now() }, (names) => void told.push({ at: elapsed(), names }));
});
afterEach(() => {
  coming.stop();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('names each when it is due, never before, and those of the same moment together', () => {
  for (const [name, at] of Object.entries({ c: 200, a: 97, b: 99, past: -5_000 }))
    coming.add(name, BEGAN + at);
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual([
    { at: 0, names: ['past'] },
    { at: 100, names: ['a', 'b'] },
    { at: 200, names: ['c'] },
  ]);
});

test('one that is due at several times is named at each of them, and once at one', () => {
  for (const at of [100, 200, 200, 100]) coming.add('a', BEGAN + at);
  jest.advanceTimersByTime(1_000);
  expect(told.map(({ at, names }) => [at, ...names])).toEqual([
    [100, 'a'],
    [200, 'a'],
  ]);
});

test('what has passed is over once all has been named, or at the end', async () => {
  const passed: string[] = [];
  coming.add('a', BEGAN + 100);
  coming.add('b', BEGAN + 200);
  void coming.passed().then(() => passed.push('all'));
  await jest.advanceTimersByTimeAsync(150);
  expect(passed).toEqual([]);
  await jest.advanceTimersByTimeAsync(100);
  expect(passed).toEqual(['all']);
  coming.add('c', BEGAN + 1_000);
  void coming.passed().then(() => passed.push('the end'));
  coming.stop();
  coming.add('d', BEGAN);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(passed).toEqual(['all', 'the end']);
  expect(told.map(({ names }) => names)).toEqual([['a'], ['b']]);
});
