import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { PartitionRange } from '../../src/coordination/index.js';
import { PassedRanges } from '../../src/messaging/passed-ranges.js';

const of = (partition: number, fetchedOffset: bigint, nextOffset: bigint): PartitionRange => ({
  topic: 't',
  partition,
  fetchedOffset,
  nextOffset,
});
const noSeek = (): void => {
  throw new Error('nothing is missing');
};

let moved: PartitionRange[];
let ranges: PassedRanges;
beforeEach(() => {
  jest.useFakeTimers();
  moved = [];
  ranges = new PassedRanges((range) => {
    moved.push(range);
    return Promise.resolve(null);
  });
});
afterEach(() => {
  jest.useRealTimers();
});

test('what is passed over goes along with what follows it', () => {
  ranges.add(of(0, 5n, 7n), noSeek);
  ranges.add(of(0, 7n, 8n), noSeek);
  expect(ranges.beginOf(of(0, 8n, 9n))).toBe(5n);
  expect(ranges.beginOf(of(0, 9n, 10n))).toBe(9n);
  jest.runAllTimers();
  expect(moved).toEqual([]);
});

test('by itself it moves its position a moment after its begin, however much follows', () => {
  ranges.add(of(0, 5n, 7n), noSeek);
  jest.advanceTimersByTime(60);
  ranges.add(of(0, 7n, 8n), noSeek);
  ranges.add(of(1, 0n, 1n), noSeek);
  jest.advanceTimersByTime(60);
  expect(moved).toEqual([of(0, 5n, 8n)]);
});

test('after the consumer was moved it is forgotten, to be read again', () => {
  ranges.add(of(0, 5n, 7n), noSeek);
  expect(ranges.beginOf(of(0, 2n, 3n))).toBe(2n);
  ranges.add(of(0, 5n, 7n), noSeek);
  ranges.add(of(0, 2n, 3n), noSeek);
  jest.runAllTimers();
  expect(moved).toEqual([of(0, 2n, 3n)]);
});

test('when records before it turn out to be missing, the consumer goes back', async () => {
  const behind = new PassedRanges(() => Promise.resolve(3n));
  const sought = new Promise((seek) => behind.add(of(0, 5n, 7n), seek));
  jest.runAllTimers();
  expect(await sought).toBe(3n);
});
