import { expect, test } from '@jest/globals';
import { DatabaseClock, StoreUnavailable } from '../../src/coordination/index.js';

test('the estimate is never behind the database and late by the shortest round trip', () => {
  let monotonic = 1_000;
  const clock = new DatabaseClock(() => monotonic);
  clock.sample(500_000, 990);
  expect(clock.now()).toBe(500_010);
  clock.sample(500_012, 999);
  expect(clock.now()).toBe(500_010);
  clock.sample(500_011, 1_003);
  monotonic = 1_003;
  expect(clock.now()).toBe(500_011);
});

test('a database clock that was set forward is followed once the old samples are out of the window', () => {
  const clock = new DatabaseClock(() => 0);
  clock.sample(1_000, 0);
  for (let sample = 0; sample < 32; sample++) clock.sample(9_000, 0);
  expect(clock.now()).toBe(9_000);
});

test('asking before the first sample is no guess: the database has not answered yet', () => {
  expect(() => new DatabaseClock().now()).toThrow(StoreUnavailable);
});
