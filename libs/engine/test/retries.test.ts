import { describe, expect, test } from '@jest/globals';
import { DEFAULT_RETRY } from '@cordyna/protocol/model';
import type { RetryPolicy } from '@cordyna/protocol/model';
import { backoffMs } from '@cordyna/engine';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const A = 'server-a.extract';
const begin = (retry: Partial<RetryPolicy>, world = new TestWorld()) => {
  const registry = registryWith(declarationOf('server-a', [{ name: 'extract', retry }]));
  return new RunDriver(seedFor(registry, { task: A }), world);
};
const due = (driver: RunDriver) => driver.send({ kind: 'retry-due' }, '/cerebro/1');

describe('the backoff', () => {
  test('grows by the factor up to its limit', () => {
    const delays = [1, 2, 3, 6, 7, 500].map((failures) => backoffMs(DEFAULT_RETRY, failures, 0.5));
    expect(delays).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });

  test('is spread by a fifth to both sides', () => {
    expect(backoffMs(DEFAULT_RETRY, 1, 0)).toBe(800);
    expect(backoffMs(DEFAULT_RETRY, 1, 0.9999)).toBe(1_200);
  });

  test('of nothing stays nothing, whatever the factor', () => {
    expect(backoffMs({ ...DEFAULT_RETRY, backoffMs: 0, factor: 1e300 }, 1_000, 0.5)).toBe(0);
  });
});

describe('a failed attempt', () => {
  test('is followed by another under a new invocation once the backoff is over', () => {
    const driver = begin({ maxAttempts: 3, backoffMs: 100, factor: 3 });
    const { rows } = driver.failed(A);
    expect(rows.map(({ type, reason }) => [type, reason])).toEqual([
      ['cordyna.task.error.v1', null],
      ['cordyna.task.waiting.v1', 'retry 2 of 3'],
    ]);
    expect(driver.task(A)).toMatchObject({
      state: 'pending',
      retryAt: driver.now + 100,
      failures: 1,
      attempt: 1,
    });
    expect(due(driver)).toMatchObject({ refused: 'nothing is there to do', rows: [] });
    driver.now += 99;
    expect(due(driver).refused).toBeNull();
    expect(driver.task(A)).toMatchObject({
      state: 'invoked',
      attempt: 2,
      invocation: `run-1/${A}/-/2`,
      retryAt: null,
      error: null,
      reason: null,
    });
    driver.failed(A);
    expect(driver.task(A)).toMatchObject({ reason: 'retry 3 of 3', retryAt: driver.now + 300 });
    driver.now += 300;
    due(driver);
    driver.failed(A);
    expect(driver.task(A)).toMatchObject({ state: 'error', attempt: 3, failures: 3 });
    expect(driver.run.state).toBe('failed');
  });

  test('is the last one when the server says that it is not retryable', () => {
    const driver = begin({ maxAttempts: 3 });
    driver.failed(A, { retryable: false });
    expect(driver.task(A)).toMatchObject({ state: 'error', attempt: 1 });
  });

  test('waits on for capacity when its retry is due and the server is full', () => {
    const driver = begin({ maxAttempts: 2, backoffMs: 1 });
    driver.failed(A);
    driver.world.capacities.set('server-a', 0);
    driver.now += 10;
    expect(due(driver).rows).toMatchObject([{ reason: 'waiting for capacity of server-a' }]);
    expect(driver.task(A)).toMatchObject({ state: 'pending', retryAt: null });
    driver.world.capacities.set('server-a', 1);
    driver.send({ kind: 'capacity' });
    expect(driver.task(A)).toMatchObject({ state: 'invoked', attempt: 2 });
  });

  test('is not looked at by a free capacity before its retry is due', () => {
    const driver = begin({ maxAttempts: 2, backoffMs: 1_000 });
    driver.failed(A);
    expect(driver.send({ kind: 'capacity' }).refused).toBe('nothing is there to do');
    expect(driver.state(A)).toBe('pending');
  });
});

describe('an invocation that is handed back', () => {
  const handBack = (driver: RunDriver) => driver.failed(A, { code: 'returned', message: 'draining' });

  test('is invoked again at once under a new attempt, and does not count', () => {
    const driver = begin({ maxAttempts: 1 });
    driver.queued(A);
    const { rows, commands } = handBack(driver);
    expect(rows.map(({ type }) => type)).toEqual(['cordyna.task.error.v1', 'cordyna.task.invoked.v1']);
    expect(commands.map(({ kind }) => kind)).toEqual(['attempt-ended', 'invoke']);
    expect(driver.task(A)).toMatchObject({
      state: 'invoked',
      attempt: 2,
      failures: 0,
      instance: null,
      queuedAt: null,
    });
    for (let again = 0; again < 20; again++) handBack(driver);
    expect(driver.task(A)).toMatchObject({ state: 'invoked', attempt: 22, failures: 0 });
  });

  test('waits when the server has no capacity left', () => {
    const driver = begin({ maxAttempts: 1 });
    driver.world.capacities.set('server-a', 0);
    handBack(driver);
    expect(driver.task(A)).toMatchObject({ state: 'pending', reason: 'waiting for capacity of server-a' });
  });

  test('is an ordinary error once it has begun', () => {
    const driver = begin({ maxAttempts: 1 });
    driver.started(A);
    handBack(driver);
    expect(driver.task(A)).toMatchObject({ state: 'error', failures: 1 });
  });
});
