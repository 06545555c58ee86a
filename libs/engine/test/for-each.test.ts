import { describe, expect, test } from '@jest/globals';
import { counts } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const registry = registryWith(
  declarationOf('s', [
    'list',
    {
      name: 'each',
      dependsOn: ['list'],
      forEach: 'list',
      retry: { maxAttempts: 2, backoffMs: 0 },
      args: { own: 1 },
    },
    'after: each list',
  ]),
);
const begin = (output: JsonObject, world = new TestWorld()) => {
  const driver = new RunDriver(seedFor(registry, { task: 's.list' }), world);
  driver.completed('s.list', output);
  return driver;
};

describe('a task for each element of a list', () => {
  test('runs once per element, with its item and without the list', () => {
    const driver = begin({ items: ['a', { b: 2 }], day: 'monday' });
    expect(driver.last.rows.map(({ type, item }) => [type, item])).toEqual([
      ['cordyna.task.completed.v1', null],
      ['cordyna.task.expanded.v1', null],
      ['cordyna.task.invoked.v1', 0],
      ['cordyna.task.invoked.v1', 1],
    ]);
    expect(driver.commands.slice(-1)).toMatchObject([
      {
        data: {
          task: 's.each',
          item: { index: 1, value: { b: 2 } },
          args: { own: 1, day: 'monday' },
          inputs: { 's.list': { day: 'monday' } },
        },
      },
    ]);
    expect(driver.commands.slice(-1)).not.toHaveProperty('0.data.args.items');
    expect(driver.last.touched).toEqual([0, 1, 3, 4]);
    expect(driver.task('s.each')).toMatchObject({
      state: 'started',
      attempt: 0,
      elements: { first: 3, count: 2 },
      elementsOpen: 2,
    });
    expect(driver.run.open).toBe(4);
  });

  test('gives what waits for it all outputs in order of index, none merged into args', () => {
    const driver = begin({ items: ['a', 'b', 'c'] });
    for (const item of [2, 0, 1]) driver.completed('s.each', { item }, item);
    const outputs = [{ item: 0 }, { item: 1 }, { item: 2 }];
    expect(driver.state('s.each')).toBe('completed');
    expect(driver.last.freshness[0]).toEqual({ task: 's.each', latest: { run: 'run-1', output: outputs } });
    const command = driver.commands.at(-1);
    expect(command).toMatchObject({
      data: { task: 's.after', inputs: { 's.each': outputs, 's.list': { items: ['a', 'b', 'c'] } } },
    });
    expect(command).not.toHaveProperty('data.args.item');
    driver.completed('s.after');
    expect(counts(driver.run)).toMatchObject({ completed: 6, pending: 0 });
    expect(driver.run.state).toBe('completed');
  });

  test('completes at once when the list is empty, and what waits for it goes on', () => {
    const driver = begin({ items: [] });
    expect(driver.task('s.each')).toMatchObject({
      state: 'completed',
      output: {},
      elements: { first: 3, count: 0 },
    });
    expect(driver.last.freshness).toContainEqual({
      task: 's.each',
      latest: { run: 'run-1', output: [] },
      consumed: { 's.list': 'run-1' },
    });
    expect(driver.commands.at(-1)).toMatchObject({ data: { task: 's.after', inputs: { 's.each': [] } } });
  });

  test.each([
    ['no list', {}, 'there is no list'],
    ['a wrong list', { items: { 0: 'a' } }, 'there is no list'],
    [
      'more than 10,000 elements',
      { items: Array.from({ length: 10_001 }, () => 0) },
      'there is a list of 10001',
    ],
  ])('ends in not_a_list when its source gives %s', (_what, output, message) => {
    const driver = begin(output);
    expect(driver.task('s.each')).toMatchObject({
      state: 'error',
      error: { code: 'not_a_list', retryable: false },
    });
    expect(driver.task('s.each').error?.message).toContain(message);
    expect(driver.task('s.after')).toMatchObject({ state: 'blocked', blockedBy: 's.each' });
  });

  test('ends in not_a_list when its source is such a task itself, or gave nothing yet', () => {
    const nested = registryWith(
      declarationOf('s', ['list', { name: 'each', forEach: 'list' }, { name: 'again', forEach: 'each' }]),
    );
    const driver = new RunDriver(seedFor(nested, { task: 's.list' }));
    driver.completed('s.list', { items: [] });
    expect(driver.task('s.again').error?.code).toBe('not_a_list');
    const alone = new RunDriver(seedFor(nested, { task: 's.each', scope: 'task' }));
    expect(alone.task('s.each').error?.code).toBe('not_a_list');
  });

  test('is given whatever else it depends on as it is', () => {
    const both = registryWith(
      declarationOf('s', ['list', 'other: list', { name: 'each', dependsOn: ['other'], forEach: 'list' }]),
    );
    const driver = new RunDriver(seedFor(both, { task: 's.list' }));
    driver.completed('s.list', { items: [1] });
    driver.completed('s.other', { items: ['kept'] });
    expect(driver.last.commands.at(-1)).toMatchObject({
      data: { args: { items: ['kept'] }, inputs: { 's.other': { items: ['kept'] }, 's.list': {} } },
    });
  });

  test('says of an update for no element that it is for none', () => {
    const driver = begin({ items: [1] });
    const { refused } = driver.send({ ...driver.identity('s.each', 0), invocation: 'x', report: 'started' });
    expect(refused).toBe('invocation x is not the present attempt of one of its elements');
  });

  test('gives its list to a task that runs alone, and merges nothing of it', () => {
    const world = new TestWorld();
    world.keep({ task: 's.each', latest: { run: 'earlier', output: [{ own: 2 }, { own: 3 }] } });
    const driver = new RunDriver(seedFor(registry, { task: 's.after', scope: 'task' }), world);
    expect(driver.last.commands).toMatchObject([
      { data: { args: {}, inputs: { 's.each': [{ own: 2 }, { own: 3 }] } } },
    ]);
    expect(driver.last.commands).not.toHaveProperty('0.data.args.own');
  });

  test('retries each element by itself', () => {
    const driver = begin({ items: [1, 2] });
    driver.failed('s.each', {}, 0);
    expect(driver.task('s.each', 0)).toMatchObject({ state: 'pending', reason: 'retry 2 of 2' });
    driver.send({ kind: 'retry-due' });
    expect(driver.task('s.each', 0)).toMatchObject({ state: 'invoked', attempt: 2 });
    expect(driver.commands.at(-1)).toMatchObject({ data: { item: { index: 0, value: 1 }, attempt: 2 } });
    driver.completed('s.each', {}, 0);
    driver.completed('s.each', {}, 1);
    expect(driver.state('s.each')).toBe('completed');
  });

  test('ends in elements_failed once all elements have ended, and blocks what waits for it', () => {
    const driver = begin({ items: [1, 2, 3] });
    driver.failed('s.each', { retryable: false }, 1);
    expect(driver.state('s.each')).toBe('started');
    driver.completed('s.each', {}, 0);
    const { facts } = driver.completed('s.each', {}, 2);
    expect(driver.task('s.each')).toMatchObject({
      state: 'error',
      error: {
        code: 'elements_failed',
        message: '1 of 3 elements failed, the first is element 1 (broken: it broke)',
        retryable: false,
      },
    });
    expect(facts[0]).toMatchObject({ type: 'cordyna.task.error.v1', data: { item: null, invocation: null } });
    expect(driver.task('s.after').blockedBy).toBe('s.each');
    expect(driver.run.state).toBe('failed');
  });

  test('runs only the failed elements again when the run is retried', () => {
    const driver = begin({ items: [1, 2, 3] });
    driver.completed('s.each', { done: 1 }, 0);
    driver.failed('s.each', { retryable: false }, 1);
    driver.completed('s.each', { done: 3 }, 2);
    driver.send({ kind: 'retry' });
    expect([0, 1, 2].map((item) => driver.state('s.each', item))).toEqual([
      'completed',
      'invoked',
      'completed',
    ]);
    expect(driver.task('s.each')).toMatchObject({ state: 'started', elementsOpen: 1, error: null });
    driver.completed('s.each', { done: 2 }, 1);
    expect(driver.commands.at(-1)).toMatchObject({
      data: { task: 's.after', inputs: { 's.each': [{ done: 1 }, { done: 2 }, { done: 3 }] } },
    });
  });

  test('is cancelled with all its elements', () => {
    const driver = begin({ items: [1, 2] });
    driver.completed('s.each', {}, 0);
    driver.send({ kind: 'cancel', reason: 'enough' });
    expect([driver.state('s.each'), driver.state('s.each', 0), driver.state('s.each', 1)]).toEqual([
      'cancelled',
      'completed',
      'cancelled',
    ]);
    expect(driver.last.commands.map(({ kind }) => kind)).toEqual(['cancel', 'attempt-ended']);
  });

  test('ends in server_withdrawn as a whole, or element by element once it is expanded', () => {
    const world = new TestWorld();
    world.undeclared.add('s.each');
    expect(begin({ items: [1] }, world).task('s.each').error?.code).toBe('server_withdrawn');
    const full = new TestWorld();
    full.capacities.set('s', 1);
    const driver = begin({ items: [1, 2] }, full);
    expect(driver.task('s.each', 1).reason).toBe('waiting for capacity of s');
    full.undeclared.add('s.each');
    driver.send({ kind: 'withdrawn', server: 's' });
    expect(driver.task('s.each', 1).error?.code).toBe('server_withdrawn');
    driver.completed('s.each', {}, 0);
    expect(driver.task('s.each').error?.message).toContain('1 of 2 elements failed');
  });

  test('over a list from outside the run takes it from the latest completion', () => {
    const world = new TestWorld();
    world.complete('x.list', 'earlier', { items: ['a'], day: 'monday' });
    const outside = registryWith(declarationOf('s', [{ name: 'each', forEach: 'x.list' }]));
    const driver = new RunDriver(seedFor(outside, { task: 's.each' }), world);
    expect(driver.last.freshness).toEqual([{ task: 's.each', consumed: { 'x.list': 'earlier' } }]);
    expect(driver.last.commands).toMatchObject([
      { data: { item: { index: 0, value: 'a' }, inputs: { 'x.list': { day: 'monday' } } } },
    ]);
    driver.failed('s.each', {}, 0);
    driver.send({ kind: 'retry' });
    expect(driver.last.commands).toMatchObject([
      { data: { attempt: 2, inputs: { 'x.list': { day: 'monday' } } } },
    ]);
  });
});
