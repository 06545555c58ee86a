import { describe, expect, test } from '@jest/globals';
import { RunDriver, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const A = 'server-a.extract';
const begin = (maxAttempts = 1) => {
  const timeouts = { ackMs: 10, startMs: 20, completeMs: 30 };
  const registry = registryWith(
    declarationOf('server-a', [{ name: 'extract', timeouts, retry: { maxAttempts, backoffMs: 100 } }]),
  );
  return new RunDriver(seedFor(registry, { task: A }));
};
const propose = (driver: RunDriver, deadline: 'ack' | 'start' | 'complete', watermark?: number) =>
  driver.send(
    {
      kind: 'deadline',
      invocation: driver.invocation(A),
      deadline,
      watermark: watermark ?? (driver.task(A).deadlineAt ?? 0) + 1,
    },
    '/cerebro/1',
  );

describe('a deadline', () => {
  test.each([
    ['ack', 'ack_timeout', 'neither queued nor started within 10 ms', ['published']],
    ['start', 'start_timeout', 'queued and not started within 20 ms', ['queued']],
    ['complete', 'completion_timeout', 'started and not ended within 30 ms', ['started']],
  ] as const)('of kind %s ends the attempt in %s and stops it', (kind, code, message, [stage]) => {
    const driver = begin();
    driver[stage](A);
    const { rows, commands, facts } = propose(driver, kind);
    const error = { code, message, retryable: true };
    expect(driver.task(A)).toMatchObject({ state: 'error', error, failures: 1 });
    expect(rows[0]).toMatchObject({ type: 'cordyna.task.error.v1', source: '/cerebro/1', applied: true });
    const invocation = `run-1/${A}/-/1`;
    expect(commands).toEqual([
      { kind: 'cancel', server: 'server-a', data: { invocation, run: 'run-1', task: A, reason: message } },
      { kind: 'attempt-ended', invocation },
    ]);
    expect(facts[0]).toMatchObject({
      type: 'cordyna.task.error.v1',
      subject: A,
      data: { invocation, run: 'run-1', task: A, attempt: 1, item: null, error },
    });
    expect(facts[0]?.data).not.toHaveProperty('lease');
  });

  test('does not fire before the watermark has passed it', () => {
    const driver = begin();
    driver.queued(A);
    const at = driver.task(A).deadlineAt ?? 0;
    const { refused, rows } = propose(driver, 'start', at);
    expect(refused).toBe('the deadline has not passed for certain');
    expect(rows).toMatchObject([{ applied: false, data: { deadlineAt: at } }]);
    expect(propose(driver, 'start', at + 1).refused).toBeNull();
  });

  test('never fires while the publication of the invoke is not known', () => {
    const driver = begin();
    expect(propose(driver, 'ack', Number.MAX_SAFE_INTEGER).refused).toBe(
      'the deadline has not passed for certain',
    );
    expect(driver.state(A)).toBe('invoked');
  });

  test('is refused for an update that was applied before it, however late that was', () => {
    const driver = begin();
    driver.published(A);
    driver.now += 60_000;
    driver.started(A);
    expect(propose(driver, 'ack', driver.now).refused).toBe(
      'this deadline is not running: the task is started',
    );
  });

  test('is refused for an invocation that is not present', () => {
    const driver = begin();
    const input = { kind: 'deadline', invocation: 'x', deadline: 'ack', watermark: 9e15 } as const;
    const { refused, rows } = driver.send(input);
    expect(refused).toBe('it is not a present invocation');
    expect(rows).toMatchObject([{ task: null, attempt: null, applied: false }]);
  });

  test('counts as a failed attempt', () => {
    const driver = begin(2);
    driver.published(A);
    propose(driver, 'ack');
    expect(driver.task(A)).toMatchObject({ state: 'pending', failures: 1, reason: 'retry 2 of 2' });
  });
});

describe('the publication of an invoke', () => {
  test('starts the deadline once', () => {
    const driver = begin();
    driver.published(A);
    const { deadlineAt } = driver.task(A);
    const { refused, rows } = driver.published(A);
    expect([refused, rows]).toEqual(['its publication is known', []]);
    expect(driver.task(A).deadlineAt).toBe(deadlineAt);
  });

  test('is of no interest once the server has answered, and leaves no row', () => {
    const driver = begin();
    driver.started(A);
    const before = driver.run;
    const { rows, refused } = driver.published(A);
    expect(refused).toContain('the task is started');
    expect(rows).toEqual([]);
    expect(driver.run).toBe(before);
  });

  test('of an invocation that is not present is ignored', () => {
    const driver = begin();
    expect(driver.send({ kind: 'published', invocation: 'x' })).toMatchObject({
      refused: 'it is not a present invocation',
      rows: [],
    });
  });
});

describe('the loss of an instance', () => {
  const lose = (driver: RunDriver, instance: string, invocation = driver.invocation(A)) =>
    driver.send({ kind: 'server-lost', invocation, instance }, '/cerebro/1');

  test.each(['queued', 'started'] as const)('ends what is %s on it in server_lost', (stage) => {
    const driver = begin();
    driver[stage](A);
    const { commands } = lose(driver, 'i-1');
    expect(driver.task(A)).toMatchObject({
      state: 'error',
      error: { code: 'server_lost', message: 'the instance i-1 that held it is gone', retryable: true },
    });
    expect(commands.map(({ kind }) => kind)).toEqual(['cancel', 'attempt-ended']);
  });

  test.each(['queued', 'started'] as const)(
    'does not end what was %s on it when another instance has it too',
    (stage) => {
      const driver = begin();
      driver[stage](A);
      const { deadlineAt, deadlineKind } = driver.task(A);
      const taken = driver.send({ ...driver.identity(A), report: stage, instance: 'i-2' });
      expect(taken.refused).toBeNull();
      expect(driver.task(A)).toMatchObject({ state: stage, instance: 'i-2', deadlineAt, deadlineKind });
      expect(lose(driver, 'i-1').refused).toBe('the attempt is on the instance i-2');
      driver.completed(A);
      expect(driver.task(A)).toMatchObject({ state: 'completed', attempt: 1 });
    },
  );

  test('does not end what has started on it when another instance has queued it since', () => {
    const driver = begin();
    driver.started(A);
    driver.send({ ...driver.identity(A), report: 'queued', instance: 'i-2' });
    expect(driver.task(A)).toMatchObject({ state: 'started', instance: 'i-2', deadlineKind: 'complete' });
    expect(lose(driver, 'i-1').refused).toBe('the attempt is on the instance i-2');
  });

  test.each([
    ['queued', 'queued'],
    ['started', 'started'],
    ['started', 'queued'],
  ] as const)('is not turned back by an acknowledgement that is said again: %s, then %s', (said, again) => {
    const driver = begin();
    driver[said](A);
    const of = (instance: string, report: 'queued' | 'started') =>
      driver.send({ ...driver.identity(A), report, instance });
    expect(of('i-2', said).refused).toBeNull();
    expect(of('i-1', again).refused).toMatch(/it is queued already|it has started/);
    expect(driver.task(A)).toMatchObject({
      instance: 'i-2',
      pastHolders: [{ instance: 'i-1', state: said }],
    });
  });

  test('finds the instance that began it last, though another one had taken it over before', () => {
    const driver = begin();
    const of = (instance: string, report: 'queued' | 'started') =>
      driver.send({ ...driver.identity(A), report, instance });
    of('i-1', 'queued');
    of('i-2', 'queued');
    of('i-1', 'started');
    expect(driver.task(A)).toMatchObject({ state: 'started', instance: 'i-1' });
    expect(of('i-2', 'queued').refused).toBe('it has started: the task is started');
    expect(of('i-2', 'started').refused).toBeNull();
    expect(lose(driver, 'i-1').refused).toBe('the attempt is on the instance i-2');
  });

  test('does not touch what is on another instance', () => {
    const driver = begin();
    driver.started(A);
    expect(lose(driver, 'i-2').refused).toBe('the attempt is on the instance i-1');
    expect(driver.state(A)).toBe('started');
  });

  test('does not touch what no instance has acknowledged, or what is not present', () => {
    const driver = begin();
    expect(lose(driver, 'i-1').refused).toBe('no instance holds this attempt: the task is invoked');
    expect(lose(driver, 'i-1', 'x').refused).toBe('it is not a present invocation');
  });
});
