import { describe, expect, test } from '@jest/globals';
import { EngineError, freshnessNeeds, needsFreshness } from '@cordyna/engine';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const A = 'server-a.a';
const B = 'server-b.b';
const C = 'server-c.c';
/** C waits for two teams that have schedules of their own. */
const registry = registryWith(
  declarationOf('server-a', ['a']),
  declarationOf('server-b', ['b']),
  declarationOf('server-c', ['c: server-a.a server-b.b', 'd: c']),
);
const runOf = (world: TestWorld, task: string, run: string) =>
  new RunDriver(seedFor(registry, { task, run }), world);

describe('a task that waits for two teams', () => {
  test('runs once per pair of refreshes, whoever comes first', () => {
    const world = new TestWorld();
    const outcomes = [A, B, A, A, B, B, A].map((task, at) => {
      const driver = runOf(world, task, `run-${at}`);
      driver.completed(task, { [task]: at });
      const state = driver.state(C);
      if (state === 'invoked') driver.completed(C);
      return `${task} ${state}`;
    });
    expect(outcomes).toEqual([
      `${A} skipped`,
      `${B} invoked`,
      `${A} skipped`,
      `${A} skipped`,
      `${B} invoked`,
      `${B} skipped`,
      `${A} invoked`,
    ]);
  });

  test('is given the latest output of the one outside, and says in its history what it took', () => {
    const world = new TestWorld();
    world.complete(A, 'earlier', { rows: 7 });
    const driver = runOf(world, B, 'run-1');
    const { rows, commands, freshness, read } = driver.completed(B, { more: 1 });
    expect(rows.at(-1)?.data).toMatchObject({
      args: { rows: 7, more: 1 },
      origins: { rows: `output:${A}`, more: `output:${B}` },
      outside: { [A]: { run: 'earlier', output: { rows: 7 } } },
      consumed: { [A]: 'earlier', [B]: 'run-1' },
    });
    expect(commands.at(-1)).toMatchObject({ data: { inputs: { [A]: { rows: 7 }, [B]: { more: 1 } } } });
    expect(freshness).toEqual([
      { task: B, latest: { run: 'run-1', output: { more: 1 } } },
      { task: C, consumed: { [A]: 'earlier', [B]: 'run-1' } },
    ]);
    expect(read).toEqual([C, A]);
  });

  test('is skipped with the reason, its version moved and what it looked at named', () => {
    const driver = runOf(new TestWorld(), B, 'run-1');
    const { freshness, read, rows } = driver.completed(B);
    expect(driver.task(C)).toMatchObject({ state: 'skipped', reason: `waiting for ${A}` });
    expect(driver.task('server-c.d')).toMatchObject({ state: 'skipped', reason: `waiting for ${A}` });
    expect(freshness).toEqual([{ task: B, latest: { run: 'run-1', output: {} } }, { task: C }]);
    expect(read).toEqual([C, A]);
    expect(rows.at(-1)).toMatchObject({ type: 'cordyna.run.finished.v1', data: { state: 'completed' } });
  });

  test('gets the same from outside again when it is retried, and consumes nothing more', () => {
    const world = new TestWorld();
    world.complete(A, 'earlier', { rows: 7 });
    const retrying = registryWith(
      declarationOf('server-a', ['a']),
      declarationOf('server-b', ['b']),
      declarationOf('server-c', [{ name: 'c', dependsOn: [A, B], retry: { maxAttempts: 2, backoffMs: 0 } }]),
    );
    const driver = new RunDriver(seedFor(retrying, { task: B }), world);
    driver.completed(B);
    driver.failed(C);
    world.complete(A, 'later', { rows: 8 });
    const { freshness, read, commands } = driver.send({ kind: 'retry-due' });
    expect(commands).toMatchObject([{ kind: 'invoke', data: { attempt: 2, inputs: { [A]: { rows: 7 } } } }]);
    expect([freshness, read]).toEqual([[], []]);
    driver.failed(C);
    driver.send({ kind: 'retry' });
    expect(driver.last.commands).toMatchObject([{ data: { attempt: 3, inputs: { [A]: { rows: 7 } } } }]);
    expect([driver.last.freshness, driver.last.read]).toEqual([[], []]);
  });

  test('is under the same rule when it is invoked itself', () => {
    const world = new TestWorld();
    world.complete(A, 'earlier');
    expect(runOf(world, C, 'run-1').task(C)).toMatchObject({ state: 'skipped', reason: `waiting for ${B}` });
    world.complete(B, 'earlier');
    const driver = runOf(world, C, 'run-2');
    expect(driver.last.freshness).toEqual([{ task: C, consumed: { [A]: 'earlier', [B]: 'earlier' } }]);
    expect(runOf(world, C, 'run-3').run).toMatchObject({ state: 'completed' });
  });

  test('does not consume before it has capacity, and is asked again then', () => {
    const world = new TestWorld();
    world.complete(A, 'earlier', { rows: 7 });
    world.capacities.set('server-c', 0);
    const driver = runOf(world, B, 'run-1');
    driver.completed(B);
    expect(driver.last.freshness.map(({ task }) => task)).toEqual([B]);
    expect(driver.last.read).toEqual([C, A]);
    world.complete(A, 'later', { rows: 8 });
    world.capacities.set('server-c', 1);
    driver.send({ kind: 'capacity' });
    expect(driver.last.freshness).toEqual([{ task: C, consumed: { [A]: 'later', [B]: 'run-1' } }]);
  });

  test('consumes nothing when it fails before it is invoked', () => {
    const strict = registryWith(
      declarationOf('server-c', [{ name: 'c', dependsOn: [A], argsSchema: { required: ['rows'] } }]),
    );
    const world = new TestWorld();
    world.complete(A, 'earlier', {});
    const driver = new RunDriver(seedFor(strict, { task: C }), world);
    expect(driver.task(C).error?.code).toBe('args_invalid');
    expect(driver.last.freshness).toEqual([]);
    world.complete(A, 'later', { rows: 1 });
    driver.send({ kind: 'retry' });
    expect(driver.last.freshness).toEqual([{ task: C, consumed: { [A]: 'later' } }]);
  });
});

describe('a run of one task alone', () => {
  test('is given the latest outputs, those that exist, and consumes nothing', () => {
    const world = new TestWorld();
    world.complete(A, 'earlier', { rows: 7 });
    const driver = new RunDriver(seedFor(registry, { task: C, scope: 'task' }), world);
    const { commands, freshness, read } = driver.last;
    expect(commands).toMatchObject([{ data: { inputs: { [A]: { rows: 7 } }, args: { rows: 7 } } }]);
    expect(freshness).toEqual([]);
    expect(read).toEqual([A, B]);
    expect(driver.completed(C).freshness).toEqual([{ task: C, latest: { run: 'run-1', output: {} } }]);
  });
});

describe('what a decision needs to know of freshness', () => {
  test('is nothing where no dependency lies outside', () => {
    const seed = seedFor(registryWith(declarationOf('s', ['a', 'b: a'])), { task: 's.a' });
    const driver = new RunDriver(seed);
    expect(freshnessNeeds(seed, 'create')).toEqual([]);
    expect(
      freshnessNeeds(driver.run, { ...driver.identity('s.a'), report: 'completed', output: {} }),
    ).toEqual([]);
  });

  test('is the task that becomes ready and its dependencies outside, only when it does', () => {
    const two = registryWith(declarationOf('s', ['r', 'a: r', 'b: r', 'c: a b x.out', 'd: c y.out']));
    const seed = seedFor(two, { task: 's.r' });
    const driver = new RunDriver(seed);
    expect(freshnessNeeds(seed, 'create')).toEqual([]);
    driver.completed('s.r');
    const completion = (task: string) =>
      ({ ...driver.identity(task), report: 'completed', output: {} }) as const;
    expect(freshnessNeeds(driver.run, completion('s.a'))).toEqual([]);
    driver.completed('s.a');
    expect(freshnessNeeds(driver.run, completion('s.b'))).toEqual(['s.c', 'x.out']);
    expect(freshnessNeeds(driver.run, { ...completion('s.b'), invocation: 'x' })).toEqual([]);
    expect(freshnessNeeds(driver.run, { ...driver.identity('s.b'), report: 'started' })).toEqual([]);
    expect(freshnessNeeds(driver.run, { kind: 'cancel', reason: '' })).toEqual([]);
  });

  test('is never asked for where a plan has no dependency outside and no limits', () => {
    const outside = registryWith(declarationOf('s', ['a', 'b: a x.out']), declarationOf('x', ['out']));
    const limited = registryWith(declarationOf('s', [{ name: 'a', limits: [{ max: 1 }] }, 'b: a']));
    const plain = registryWith(declarationOf('s', ['a', 'b: a']));
    const plans = [outside, limited, plain].map((registry) => seedFor(registry, { task: 's.a' }).plan);
    expect(plans.map(needsFreshness)).toEqual([true, true, false]);
  });

  test('reaches through a list that may be empty', () => {
    const looping = registryWith(
      declarationOf('s', ['list', { name: 'each', forEach: 'list' }, 'after: each list x.out']),
    );
    const driver = new RunDriver(seedFor(looping, { task: 's.list' }), new TestWorld());
    const input = { ...driver.identity('s.list'), report: 'completed', output: { items: [] } } as const;
    expect(freshnessNeeds(driver.run, input)).toEqual(['s.after', 'x.out']);
  });

  test('waits for the last element of a list', () => {
    const looping = registryWith(
      declarationOf('s', ['list', { name: 'each', forEach: 'list' }, 'after: each x.out']),
    );
    const driver = new RunDriver(seedFor(looping, { task: 's.list' }));
    driver.completed('s.list', { items: [1, 2] });
    const input = (item: number) =>
      ({ ...driver.identity('s.each', item), report: 'completed', output: {} }) as const;
    expect(freshnessNeeds(driver.run, input(0))).toEqual([]);
    driver.completed('s.each', {}, 0);
    expect(freshnessNeeds(driver.run, input(1))).toEqual(['s.after', 'x.out']);
  });

  test('is asked for what waits for capacity, and for what a retry of the run brings back', () => {
    const world = new TestWorld();
    world.complete(A, 'earlier');
    world.capacities.set('server-c', 0);
    const driver = runOf(world, B, 'run-1');
    driver.completed(B);
    expect(freshnessNeeds(driver.run, { kind: 'capacity' })).toEqual([C, A]);
    driver.send({ kind: 'cancel', reason: 'x' });
    expect(freshnessNeeds(driver.run, { kind: 'capacity' })).toEqual([]);
    expect(freshnessNeeds(driver.run, { kind: 'retry' })).toEqual([C, A]);
    world.capacities.clear();
    driver.send({ kind: 'retry' });
    driver.failed(C);
    expect(freshnessNeeds(driver.run, { kind: 'retry' })).toEqual([]);
  });

  test('is an error of the caller when it was not loaded', () => {
    const world = new TestWorld();
    world.loaded = new Set();
    expect(() => new RunDriver(seedFor(registry, { task: C }), world)).toThrow(EngineError);
    expect(() => new RunDriver(seedFor(registry, { task: C }), world)).toThrow(
      'freshness of server-c.c was not loaded',
    );
  });
});
