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

test('what is due until a time has passed once all of it has been named, whatever comes later, or at the end', async () => {
  const passed: string[] = [];
  for (const at of [100, 200, 900]) coming.add(String(at), BEGAN + at);
  void coming.passed(BEGAN + 201).then(() => passed.push('two'));
  void coming.passed(BEGAN + 50).then(() => passed.push('none'));
  await jest.advanceTimersByTimeAsync(150);
  expect(passed).toEqual(['none']);
  await jest.advanceTimersByTimeAsync(100);
  expect(passed).toEqual(['none', 'two']);
  void coming.passed(BEGAN + 900).then(() => passed.push('the end'));
  await jest.advanceTimersByTimeAsync(0);
  coming.stop();
  coming.add('d', BEGAN);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(passed).toEqual(['none', 'two', 'the end']);
  expect(told.map(({ names }) => names)).toEqual([['100'], ['200']]);
});
