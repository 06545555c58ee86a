import { describe, expect, test } from '@jest/globals';
import { create } from '@cordyna/engine';
import { RunDriver, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const A = 'server-a.extract';
const B = 'server-b.load';
const begin = () => {
  const registry = registryWith(
    declarationOf('server-a', [
      { name: 'extract', timeouts: { ackMs: 10, startMs: 20, completeMs: 30 }, args: { from: 'prices' } },
    ]),
    declarationOf('server-b', ['load: server-a.extract']),
  );
  return new RunDriver(seedFor(registry, { task: A }));
};

describe('the creation of a run', () => {
  test('invokes what depends on nothing in it, and tells who watches', () => {
    const { last, run, now } = begin();
    expect(last.rows).toEqual([
      {
        seq: 1,
        at: now - 7,
        source: '/servers/x/1',
        type: 'cordyna.run.created.v1',
        task: null,
        item: null,
        attempt: null,
        applied: true,
        reason: null,
        topic: 'cordyna.events',
        partition: 3,
        offset: '42',
        data: {
          run: 'run-1',
          task: A,
          trigger: { kind: 'request' },
          scope: 'downstream',
          args: {},
          taskArgs: {},
          now,
        },
      },
      {
        seq: 2,
        at: now,
        source: '/cerebro/9',
        type: 'cordyna.task.invoked.v1',
        task: A,
        item: null,
        attempt: 1,
        applied: true,
        reason: null,
        topic: null,
        partition: null,
        offset: null,
        data: {
          invocation: 'run-1/server-a.extract/-/1',
          server: 'server-a',
          args: { from: 'prices' },
          origins: { from: 'definition' },
          outside: {},
          consumed: null,
          now,
        },
      },
    ]);
    expect(last.commands).toEqual([
      {
        kind: 'invoke',
        server: 'server-a',
        data: {
          invocation: 'run-1/server-a.extract/-/1',
          run: 'run-1',
          task: A,
          attempt: 1,
          item: null,
          args: { from: 'prices' },
          inputs: {},
          trigger: { kind: 'request' },
          timeouts: { ackMs: 10, startMs: 20, completeMs: 30 },
        },
      },
    ]);
    expect(last.facts).toEqual([
      {
        seq: 1,
        type: 'cordyna.run.created.v1',
        subject: 'run-1',
        data: { run: 'run-1', task: A, trigger: { kind: 'request' } },
      },
      {
        seq: 2,
        type: 'cordyna.task.invoked.v1',
        subject: A,
        data: { invocation: 'run-1/server-a.extract/-/1', run: 'run-1', task: A, attempt: 1, item: null },
      },
    ]);
    expect(last.touched).toEqual([0]);
    expect([last.freshness, last.read, last.refused]).toEqual([[], [], null]);
    expect([run.state, run.createdAt, run.open]).toEqual(['running', now, 2]);
    expect(run.tasks.at(1)).toMatchObject({ state: 'pending', reason: 'waiting for upstream', attempt: 0 });
  });

  test('by nobody in particular, and not from the bus, is recorded as such', () => {
    const { seed, world } = begin();
    const { rows } = create(seed, { source: '/http', at: 1, now: 2 }, world);
    expect(rows).toMatchObject([
      { source: '/http', at: 1, topic: null, partition: null, offset: null },
      { source: '/cerebro', at: 2, topic: null, partition: null, offset: null },
    ]);
  });

  test('of a job without members is finished at once', () => {
    const registry = registryWith(declarationOf('server-a', [], [{ name: 'none', tasks: [] }]));
    const { run, last } = new RunDriver(seedFor(registry, { job: 'server-a.none' }));
    expect([run.state, run.finishedAt]).toEqual(['completed', 1_000_000]);
    expect(last.facts.map(({ data }) => data)).toEqual([
      { run: 'run-1', job: 'server-a.none', trigger: { kind: 'request' } },
      {
        run: 'run-1',
        state: 'completed',
        trigger: { kind: 'request' },
        counts: {
          pending: 0,
          invoked: 0,
          queued: 0,
          started: 0,
          completed: 0,
          error: 0,
          blocked: 0,
          skipped: 0,
          cancelled: 0,
        },
      },
    ]);
  });
});

describe('an update', () => {
  test('moves the deadline on with each stage', () => {
    const driver = begin();
    const deadline = () => [driver.task(A).deadlineKind, driver.task(A).deadlineAt];
    expect(deadline()).toEqual([null, null]);
    driver.published(A);
    expect(deadline()).toEqual(['ack', driver.now + 10]);
    driver.queued(A);
    expect(deadline()).toEqual(['start', driver.now + 20]);
    driver.started(A);
    expect(deadline()).toEqual(['complete', driver.now + 30]);
    driver.completed(A);
    expect(deadline()).toEqual([null, null]);
    expect(driver.task(A)).toMatchObject({
      invokedAt: 1_000_000,
      queuedAt: 1_000_002,
      startedAt: 1_000_003,
      finishedAt: 1_000_004,
      instance: 'i-1',
    });
  });

  test('that ends a task invokes what waits for it, and then the run is finished', () => {
    const driver = begin();
    const completed = driver.completed(A, { rows: 7 });
    expect(completed.rows.map(({ type, source, task }) => [type, source, task])).toEqual([
      ['cordyna.task.completed.v1', '/servers/x/1', A],
      ['cordyna.task.invoked.v1', '/cerebro/9', B],
    ]);
    expect(completed.commands).toEqual([
      { kind: 'attempt-ended', invocation: 'run-1/server-a.extract/-/1' },
      expect.objectContaining({ kind: 'invoke', server: 'server-b' }),
    ]);
    expect(completed.freshness).toEqual([
      { task: A, latest: { run: 'run-1', output: { rows: 7 } } },
      { task: B, consumed: { [A]: 'run-1' } },
    ]);
    expect(driver.task(A)).toMatchObject({ startedAt: driver.now, output: { rows: 7 } });
    driver.completed(B);
    expect(driver.run).toMatchObject({ state: 'completed', finishedAt: driver.now, open: 0 });
    expect(driver.last.facts.at(-1)).toMatchObject({
      type: 'cordyna.run.finished.v1',
      data: { run: 'run-1', state: 'completed', counts: { completed: 2, error: 0 } },
    });
  });

  test('keeps its position in the queue in the history, and never a lease', () => {
    const driver = begin();
    const { rows } = driver.send({ ...driver.identity(A), report: 'queued', position: 4 });
    expect(rows[0]?.data).toEqual({
      invocation: 'run-1/server-a.extract/-/1',
      instance: 'i-1',
      position: 4,
      now: driver.now,
    });
  });

  test('of an error keeps what the team says about it', () => {
    const driver = begin();
    const error = {
      code: 'no_file',
      message: 'not there',
      description: 'ask the prices team',
      stack: 'at x',
    };
    const { facts } = driver.failed(A, error);
    expect(driver.task(A).error).toEqual(error);
    // It is on the bus already: the server said so itself.
    expect(facts.map(({ type }) => type)).not.toContain('cordyna.task.error.v1');
  });

  test('counts whichever instance sends it', () => {
    const driver = begin();
    driver.queued(A);
    driver.send({ ...driver.identity(A), instance: 'i-2', report: 'started' });
    expect(driver.task(A)).toMatchObject({ state: 'started', instance: 'i-2' });
  });

  test.each([
    ['a wrong lease', { leaseValid: false }, 'the lease is not the one of this invocation'],
    [
      'an unknown invocation',
      { invocation: 'x' },
      `invocation x is not the present attempt of ${A}, which is 1`,
    ],
    [
      'a task that is not in the run',
      { invocation: 'x', task: 'server-x.y' },
      'server-x.y is not in this run',
    ],
    ['another task', { task: B }, `invocation run-1/${A}/-/1 is of ${A}, not of ${B}`],
    ['another attempt', { attempt: 2 }, `invocation run-1/${A}/-/1 is attempt 1, not 2`],
  ])('with %s is refused and recorded', (_what, change, reason) => {
    const driver = begin();
    const before = driver.run;
    const { refused, rows } = driver.send({ ...driver.identity(A), report: 'started', ...change });
    expect(refused).toBe(reason);
    expect(rows).toMatchObject([
      { type: 'cordyna.task.started.v1', applied: false, reason, topic: 'cordyna.events' },
    ]);
    expect(driver.run).toEqual({ ...before, nextSeq: before.nextSeq + 1 });
  });

  test('of an attempt that a retry has replaced is refused, whenever it comes', () => {
    const registry = registryWith(
      declarationOf('server-a', [{ name: 'extract', retry: { maxAttempts: 2, backoffMs: 0 } }]),
    );
    const driver = new RunDriver(seedFor(registry, { task: A }));
    const old = driver.identity(A);
    driver.failed(A);
    expect(driver.send({ ...old, report: 'completed', output: {} }).refused).toBe(
      'this attempt has ended: the task is pending',
    );
    driver.send({ kind: 'retry-due' }, '/cerebro/1');
    expect(driver.send({ ...old, report: 'completed', output: {} }).refused).toBe(
      `invocation run-1/${A}/-/1 is not the present attempt of ${A}, which is 2`,
    );
    expect(driver.task(A)).toMatchObject({ state: 'invoked', attempt: 2 });
  });

  test('with an output that the schema refuses ends in output_invalid, without another attempt', () => {
    const outputSchema = { required: ['rows'] };
    const registry = registryWith(
      declarationOf('server-a', [{ name: 'extract', outputSchema, retry: { maxAttempts: 5 } }]),
    );
    const driver = new RunDriver(seedFor(registry, { task: A }));
    const { rows, facts, freshness, commands } = driver.completed(A, { other: 1 });
    expect(driver.task(A)).toMatchObject({ state: 'error', output: null, error: { code: 'output_invalid' } });
    expect(driver.task(A).error?.message).toBe('the output is invalid: rows is missing');
    expect(rows.map(({ type, applied }) => [type, applied])).toEqual([
      ['cordyna.task.completed.v1', true],
      ['cordyna.task.error.v1', true],
      ['cordyna.run.finished.v1', true],
    ]);
    expect(facts[0]).toMatchObject({
      type: 'cordyna.task.error.v1',
      data: { error: { code: 'output_invalid' } },
    });
    expect(rows[0]?.data).toMatchObject({ output: { other: 1 }, violations: ['rows is missing'] });
    expect(rows[1]?.data).not.toHaveProperty('output');
    expect(freshness).toEqual([]);
    expect(commands).toEqual([{ kind: 'attempt-ended', invocation: `run-1/${A}/-/1` }]);
    expect(driver.run.state).toBe('failed');
  });

  test('with an output that satisfies the schema is taken', () => {
    const registry = registryWith(
      declarationOf('server-a', [{ name: 'extract', outputSchema: { required: ['rows'] } }]),
    );
    const driver = new RunDriver(seedFor(registry, { task: A }));
    driver.completed(A, { rows: 1 });
    expect(driver.state(A)).toBe('completed');
  });

  test('with an output over 768 KiB ends in output_invalid, counted in bytes of UTF-8', () => {
    const limit = 768 * 1024;
    const fits = begin();
    fits.completed(A, { t: 'x'.repeat(limit - '{"t":""}'.length) });
    expect(fits.state(A)).toBe('completed');
    const over = begin();
    over.completed(A, { t: 'ü'.repeat(limit / 2) });
    expect(over.task(A).error).toEqual({
      code: 'output_invalid',
      message: `the output is invalid: it has ${limit + 8} bytes as JSON, and at most ${limit} are taken`,
      retryable: false,
    });
    expect(JSON.stringify(over.rows).length).toBeLessThan(10_000);
  });
});

describe('progress and log lines', () => {
  test.each(['progress', 'log'] as const)('%s with a wrong lease is recorded as refused', (report) => {
    const driver = begin();
    const before = driver.run;
    const { rows } = driver.send({ ...driver.identity(A), leaseValid: false, report });
    const { invocation } = driver.identity(A);
    expect(rows).toMatchObject([
      {
        type: `cordyna.task.${report}.v1`,
        applied: false,
        reason: 'the lease is not the one of this invocation',
        data: { invocation, instance: driver.identity(A).instance },
      },
    ]);
    expect(driver.run).toEqual({ ...before, nextSeq: before.nextSeq + 1 });
  });

  test('change no state and leave no row otherwise', () => {
    const driver = begin();
    expect(driver.send({ ...driver.identity(A), report: 'log' })).toMatchObject({
      rows: [],
      refused: 'progress and log lines change no state',
    });
    expect(driver.send({ ...driver.identity(A), report: 'progress' }).rows).toEqual([]);
  });
});
