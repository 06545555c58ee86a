import { describe, expect, test } from '@jest/globals';
import type { JsonObject, TaskLimit } from '@cordyna/protocol/model';
import { heldAfter, isPlaceOf, lineOf } from '../src/index.js';
import { declarationOf, registryWith, RunDriver, seedFor, TestWorld } from '../src/testing/index.js';

const registry = (limits: readonly TaskLimit[], more: object = {}) =>
  registryWith(
    declarationOf('a', [{ name: 'x', limits, ...more }, 'list', { name: 'each', forEach: 'list', limits }]),
  );

/** A run of `a.x` in a world that others share. */
const runOf = (
  world: TestWorld,
  limits: readonly TaskLimit[],
  run: string,
  args: JsonObject = {},
  more: object = {},
) => new RunDriver(seedFor(registry(limits, more), { task: 'a.x', run, args }), world);
const held = (world: TestWorld) => world.aggregates.get('a.x')?.holders ?? {};

describe('a limit of a task', () => {
  test('holds over all runs: what is over it waits, says for what, and is invoked once a place is given back', () => {
    const world = new TestWorld();
    const [one, two, three] = ['1', '2', '3'].map((run) => runOf(world, [{ max: 2 }], run)) as [
      RunDriver,
      RunDriver,
      RunDriver,
    ];
    expect([one, two, three].map((run) => run.state('a.x'))).toEqual(['invoked', 'invoked', 'pending']);
    expect(three.task('a.x').reason).toBe('waiting for a place of a.x');
    expect(three.last.read).toEqual(['a.x']);
    three.send({ kind: 'capacity' });
    expect(three.last.refused).toBe('nothing is there to do');
    one.completed('a.x');
    expect(Object.keys(held(world))).toEqual([two.invocation('a.x')]);
    three.send({ kind: 'capacity' });
    expect(three.state('a.x')).toBe('invoked');
  });

  test('holds for each value of a key by itself, and with others together', () => {
    const world = new TestWorld();
    const limits = [{ max: 3 }, { max: 1, key: 'region' }];
    const states = ['eu', 'eu', 'us', undefined, null, 'asia'].map((region, at) => {
      const { state, reason } = runOf(world, limits, `${at}`, region === undefined ? {} : { region }).task(
        'a.x',
      );
      return `${state} ${reason ?? ''}`.trim();
    });
    expect(states).toEqual([
      'invoked',
      'pending waiting for a place of a.x (region="eu")',
      'invoked',
      'invoked',
      // Left out and null are the same.
      'pending waiting for a place of a.x',
      'pending waiting for a place of a.x',
    ]);
  });

  test('is not passed by a younger run while an older one waits', () => {
    const world = new TestWorld();
    world.capacities.set('a.x', 0);
    expect(runOf(world, [{ max: 5 }], '1').task('a.x').reason).toBe('waiting for a place of a.x');
  });

  test('counts the elements of a list one by one', () => {
    const world = new TestWorld();
    const run = new RunDriver(seedFor(registry([{ max: 2 }]), { task: 'a.list' }), world);
    run.completed('a.list', { items: [1, 2, 3, 4] });
    const states = () => [0, 1, 2, 3].map((item) => run.state('a.each', item));
    expect(states()).toEqual(['invoked', 'invoked', 'pending', 'pending']);
    run.completed('a.each', {}, 1);
    run.send({ kind: 'capacity' });
    expect(states()).toEqual(['invoked', 'completed', 'invoked', 'pending']);
  });

  const retry = { maxAttempts: 2, backoffMs: 1 };
  test.each<[string, (run: RunDriver) => unknown, string]>([
    ['is completed', (run) => run.completed('a.x'), 'completed'],
    ['fails', (run) => run.failed('a.x', { retryable: false }), 'error'],
    ['fails and waits for the next attempt', (run) => run.failed('a.x'), 'pending'],
    ['is cancelled', (run) => run.send({ kind: 'cancel', reason: 'x' }), 'cancelled'],
  ])('is given back when the attempt %s', (_, end, state) => {
    const world = new TestWorld();
    const run = runOf(world, [{ max: 1 }], '1', {}, { retry });
    run.started('a.x');
    expect(Object.values(held(world))).toEqual([['a.x']]);
    end(run);
    expect(run.state('a.x')).toBe(state);
    expect(held(world)).toEqual({});
  });

  test('is taken again at once by an attempt that a server hands back', () => {
    const world = new TestWorld();
    const run = runOf(world, [{ max: 1 }], '1');
    const first = run.invocation('a.x');
    run.failed('a.x', { code: 'returned' });
    expect(run.state('a.x')).toBe('invoked');
    expect(Object.keys(held(world))).toEqual([run.invocation('a.x')]);
    expect(run.invocation('a.x')).not.toBe(first);
  });

  test('a task without limits touches no aggregate', () => {
    const run = runOf(new TestWorld(), [], '1');
    run.completed('a.x');
    expect([...run.world.asked, ...run.last.read]).toEqual([]);
  });
});

test.each([
  [undefined, undefined, {}],
  [{ i: ['x'] }, undefined, { holders: { i: ['x'] } }],
  [undefined, { i: ['x'] }, { holders: { i: ['x'] } }],
  [{ i: ['x'], j: ['y'] }, { i: null, k: ['z'] }, { holders: { j: ['y'], k: ['z'] } }],
])('of %j, after %j was written, what is held is %j', (before, written, after) => {
  expect(heldAfter(before, written)).toEqual(after);
});

describe('the line of a reason', () => {
  test.each([
    [null, null],
    ['waiting for capacity of a', 'a'],
    ['waiting for the command topic of a', 'a'],
    ['waiting for a place of a.x', 'a.x'],
    ['waiting for a place of a.x (k="y z")', 'a.x (k="y z")'],
    ['waiting for a.x', null],
    ['retry 2 of 3', null],
  ])('%s → %s', (reason, line) => {
    expect(lineOf(reason)).toBe(line);
  });

  test('keys that are long are told apart', () => {
    const limits = [{ max: 1, key: 'k' }];
    const world = new TestWorld();
    const reasons = ['a', 'b', 'a'].map(
      (end, at) => runOf(world, limits, `${at}`, { k: `${'x'.repeat(500)}${end}` }).task('a.x').reason,
    );
    expect(reasons.map((reason) => reason === null)).toEqual([true, true, false]);
    expect(reasons[2]?.length).toBeLessThan(200);
    expect(isPlaceOf(lineOf(reasons[2] ?? '') ?? '', 'a.x')).toBe(true);
  });
});
