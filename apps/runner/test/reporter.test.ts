import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Reporter } from '../src/flow/reporter.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const reporter = (): { readonly requested: () => number; readonly reporter: Reporter } => {
  const request = jest.fn(async () => undefined);
  return { requested: () => request.mock.calls.length, reporter: new Reporter(request, () => undefined) };
};

test('what changed while a report was asked for is in the next one, a second later', async () => {
  const { requested, reporter: one } = reporter();
  one.sees('a');
  await jest.advanceTimersByTimeAsync(1);
  one.sees('b');
  await jest.advanceTimersByTimeAsync(2_000);
  expect(requested()).toBe(1);
  one.reports('b');
  one.sees('b');
  await jest.advanceTimersByTimeAsync(5_000);
  expect(requested()).toBe(1);
  one.sees('c');
  await jest.advanceTimersByTimeAsync(1);
  expect(requested()).toBe(2);
});

test('what changes all the time is reported once a second', async () => {
  const { requested, reporter: one } = reporter();
  for (let tenth = 0; tenth < 30; tenth += 1) {
    one.sees(`before ${tenth}`);
    one.reports(`${tenth}`);
    one.sees(`after ${tenth}`);
    await jest.advanceTimersByTimeAsync(100);
  }
  expect(requested()).toBeGreaterThanOrEqual(2);
  expect(requested()).toBeLessThanOrEqual(4);
});

test('a report that nobody asks for is requested again after a minute', async () => {
  const { requested, reporter: one } = reporter();
  one.sees('a');
  await jest.advanceTimersByTimeAsync(1);
  one.sees('b');
  await jest.advanceTimersByTimeAsync(59_000);
  expect(requested()).toBe(1);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(requested()).toBe(2);
});
