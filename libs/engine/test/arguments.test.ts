import { describe, expect, test } from '@jest/globals';
import { checkArgs, mergeArgs } from '@cordyna/engine';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const invokeOf = (driver: RunDriver, task: string) =>
  driver.commands.find((command) => command.kind === 'invoke' && command.data.task === task);
const MIB = 1024 * 1024;

describe('the arguments of a task', () => {
  const job = {
    name: 'nightly',
    args: { definition: 1, job: 2, run: 2, jobTask: 2, task: 2, output: 2 },
    tasks: [
      { task: 'first' },
      { task: 'second' },
      {
        task: 'load',
        args: { jobTask: 4, task: 4, output: 4 },
      },
    ],
  };
  const args = { definition: 1, job: 1, run: 1, jobTask: 1, task: 1, output: 1, last: 1 };
  const registry = registryWith(
    declarationOf(
      'server-a',
      ['first', 'second', { name: 'load', dependsOn: ['second', 'first'], args: { ...args, own: 1 } }],
      [job],
    ),
  );
  const request = {
    job: 'server-a.nightly',
    args: { run: 3, jobTask: 3, task: 3, output: 3 },
    taskArgs: { 'server-a.load': { task: 5, output: 5 } },
  };

  test('are given the output of each dependency, however many there are', () => {
    const names = Array.from({ length: 12 }, (_, at) => `part-${at}`);
    const job = { name: 'all', tasks: [...names, 'join'].map((task) => ({ task })) };
    const join = { name: 'join', dependsOn: names };
    const driver = new RunDriver(
      seedFor(registryWith(declarationOf('s', [...names, join], [job])), { job: 's.all' }),
    );
    for (const [at, name] of names.entries()) driver.completed(`s.${name}`, { [name]: at });
    const given = invokeOf(driver, 's.join');
    expect(given?.kind === 'invoke' && Object.entries(given.data.inputs)).toEqual(
      names.map((name, at) => [`s.${name}`, { [name]: at }]),
    );
  });

  test('come from the four sources, later ones win, and the history says which', () => {
    const driver = new RunDriver(seedFor(registry, request));
    driver.completed('server-a.first', { output: 'first', last: 'first' });
    driver.completed('server-a.second', { output: 'second', last: 'second', rows: 7 });
    expect(driver.last.rows.at(-1)?.data).toMatchObject({
      args: {
        own: 1,
        definition: 1,
        job: 2,
        run: 3,
        jobTask: 4,
        task: 5,
        output: 'first',
        last: 'first',
        rows: 7,
      },
      origins: {
        own: 'definition',
        definition: 'job',
        job: 'job',
        run: 'run',
        jobTask: 'job-task',
        task: 'task',
        output: 'output:server-a.first',
        last: 'output:server-a.first',
        rows: 'output:server-a.second',
      },
    });
    expect(invokeOf(driver, 'server-a.load')).toMatchObject({
      data: {
        inputs: {
          'server-a.first': { output: 'first', last: 'first' },
          'server-a.second': { output: 'second', last: 'second', rows: 7 },
        },
      },
    });
  });

  test('are merged by top-level key, whatever its name', () => {
    const merged = mergeArgs([
      { origin: 'definition', args: JSON.parse('{"__proto__": {"a": 1}, "deep": {"a": 1}}') },
      { origin: 'run', args: { deep: { b: 2 } } },
    ]);
    expect(JSON.stringify(merged.args)).toBe('{"__proto__":{"a":1},"deep":{"b":2}}');
    expect(Object.entries(merged.origins)).toEqual([
      ['__proto__', 'definition'],
      ['deep', 'run'],
    ]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test('that the schema refuses after the merge end in args_invalid, without a retry or an invocation', () => {
    const strict = registryWith(
      declarationOf('s', [
        'a',
        { name: 'b', dependsOn: ['a'], argsSchema: { required: ['x', 'y'] }, retry: { maxAttempts: 3 } },
      ]),
    );
    const driver = new RunDriver(seedFor(strict, { task: 's.a' }));
    const { facts } = driver.completed('s.a', { z: 1 });
    expect(driver.task('s.b')).toMatchObject({ state: 'error', attempt: 0, invocation: null });
    expect(driver.task('s.b').error).toEqual({
      code: 'args_invalid',
      message: 'the merged arguments are invalid: x is missing; y is missing',
      retryable: false,
    });
    expect(facts[0]).toMatchObject({
      data: { invocation: null, attempt: 0, error: { code: 'args_invalid' } },
    });
    expect(invokeOf(driver, 's.b')).toBeUndefined();
    const good = new RunDriver(seedFor(strict, { task: 's.a' }));
    good.completed('s.a', { x: 1, y: 1 });
    expect(good.state('s.b')).toBe('invoked');
  });

  test('are checked before the run where no output can change them any more', () => {
    const strict = registryWith(
      declarationOf('s', [
        { name: 'a', argsSchema: { required: ['x'] } },
        { name: 'b', dependsOn: ['a'], argsSchema: { required: ['y'] } },
      ]),
    );
    const { validate } = new TestWorld();
    const errorsOf = (more: object) => checkArgs(seedFor(strict, { task: 's.a', ...more }), validate);
    expect(errorsOf({ args: { x: 1 } })).toEqual([]);
    expect(errorsOf({ taskArgs: { 's.a': { x: 1 } } })).toEqual([]);
    expect(errorsOf({ taskArgs: { 's/~c': {} } })).toEqual([
      {
        code: 'invalid_args',
        path: '/taskArgs/s~1~0c',
        message: 's/~c is not in this run: take it out or correct the name',
      },
      { code: 'invalid_args', path: '/args', message: 's.a refuses its arguments: x is missing' },
    ]);
  });
});

describe('a command', () => {
  const registry = registryWith(
    declarationOf(
      's',
      ['a', 'b', 'c: a b'],
      [{ name: 'all', tasks: [{ task: 'a' }, { task: 'b' }, { task: 'c' }] }],
    ),
  );
  const run = (a: number, b: number) => {
    const driver = new RunDriver(seedFor(registry, { job: 's.all' }));
    driver.completed('s.a', { text: 'x'.repeat(a) });
    driver.completed('s.b', { text: 'x'.repeat(b) });
    return driver;
  };

  test('over 1 MiB is not sent: the task ends in inputs_too_large, naming the largest inputs', () => {
    const driver = run(600_000, 500_000);
    expect(driver.task('s.c')).toMatchObject({
      state: 'error',
      error: {
        code: 'inputs_too_large',
        message:
          `the command would be over ${MIB - 2048} bytes (input s.a: 600011 bytes, input s.b: 500011 bytes, ` +
          'args: 500011 bytes): pass references instead of data',
        retryable: false,
      },
    });
    expect(driver.last.commands.map(({ kind }) => kind)).toEqual(['attempt-ended']);
  });

  test('below it is sent', () => {
    expect(run(500_000, 100_000).state('s.c')).toBe('invoked');
  });

  test('is measured in bytes of UTF-8', () => {
    const wide = new RunDriver(seedFor(registry, { job: 's.all' }));
    wide.completed('s.a', { text: '€'.repeat(250_000) });
    wide.completed('s.b', { text: '€'.repeat(120_000) });
    expect(wide.task('s.c').error?.code).toBe('inputs_too_large');
  });
});
