import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Alarm } from '../../src/timers/alarm.js';

const BEGAN = 1_000_000;

let woken: number[];
let alarm: Alarm;
const elapsed = () => Date.now() - BEGAN;

beforeEach(() => {
  jest.useFakeTimers({ now: BEGAN });
  woken = [];
  alarm = new Alarm({ wake: () => void woken.push(elapsed()) }, { now: () => Date.now() });
});
afterEach(() => {
  alarm.stop();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('wakes at each time that it was told of, whatever their order, and not before', () => {
  for (const at of [300, 100, 2_000, 100, 301]) alarm.at(BEGAN + at);
  jest.advanceTimersByTime(10_000);
  // By 20 ms together, and late by what clock and timers may be early.
  expect(woken).toEqual([105, 305, 325, 2_005]);
});

test('wakes almost at once for what is past, and once for many', () => {
  for (let at = 0; at < 50; at++) alarm.at(BEGAN - at);
  jest.advanceTimersByTime(1_000);
  expect(woken).toEqual([20]);
  alarm.at(0);
  jest.advanceTimersByTime(1_000);
  expect(woken).toEqual([20, 1_020]);
});

test('arms no timer any more once it is stopped', () => {
  alarm.at(BEGAN + 100);
  alarm.stop();
  alarm.at(BEGAN + 200);
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(1_000);
  expect(woken).toEqual([]);
});

test('wakes earlier by what it is asked to', () => {
  alarm = new Alarm({ wake: () => void woken.push(elapsed()) }, { now: () => Date.now() }, 100);
  alarm.at(BEGAN + 1_000);
  jest.advanceTimersByTime(5_000);
  expect(woken).toEqual([905]);
});

test('keeps a thousand times, and wakes for the next one that it is told of after these', () => {
  for (let at = 1; at <= 3_000; at++) alarm.at(BEGAN + at * 20);
  jest.advanceTimersByTime(100_000);
  expect(woken).toHaveLength(1_000);
  alarm.at(BEGAN + 200_000);
  jest.advanceTimersByTime(200_000);
  expect(woken).toHaveLength(1_001);
});
