import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TASK_STATES } from '@cordyna/protocol/model';
import { EngineError, evolve, replay, step } from '@cordyna/engine';
import type { HistoryRow } from '@cordyna/engine';
import {
  RunDriver,
  TestWorld,
  declarationOf,
  declarations,
  inputOf,
  moves,
  registryWith,
  seedFor,
  restore,
} from '@cordyna/engine/testing';
import type { BareTaskRun } from '@cordyna/engine/testing';

const registry = registryWith(declarationOf('s', ['a', { name: 'each', forEach: 'a' }, 'b: a each']));
const begin = () => new RunDriver(seedFor(registry, { task: 's.a' }));

describe('the replay of a history', () => {
  test('says when a row is missing', () => {
    const driver = begin();
    driver.completed('s.a', { items: [1] });
    const [first, ...others] = driver.rows as [HistoryRow, ...HistoryRow[]];
    expect(() => replay(driver.seed, others)).toThrow(EngineError);
    expect(() => replay(driver.seed, others)).toThrow('expected row 1 of run run-1, got 2');
    expect(replay(driver.seed, [first]).createdAt).toBe(driver.now - 1);
  });

  test('goes on from what earlier rows have led to', () => {
    const { seed, rows, run } = begin();
    const [first, ...others] = rows as [HistoryRow, ...HistoryRow[]];
    const known = replay(seed, [first]);
    expect(replay(seed, others, known)).toEqual(run);
    expect(replay(seed, [], run)).toBe(run);
    expect(() => replay(seed, rows, known)).toThrow('expected row 2 of run run-1, got 1');
  });

  test('passes over rows that change nothing: refused ones, and types that it does not know', () => {
    const { run, rows } = begin();
    const row = { ...(rows[1] as HistoryRow), seq: run.nextSeq };
    expect(evolve(run, { ...row, applied: false })).toEqual({ ...run, nextSeq: run.nextSeq + 1 });
    expect(evolve(run, { ...row, type: 'toString' })).toEqual({ ...run, nextSeq: run.nextSeq + 1 });
  });

  test('refuses a row of another run', () => {
    const { run, rows } = begin();
    const row = { ...(rows[1] as HistoryRow), seq: run.nextSeq };
    expect(() => evolve(run, { ...row, task: 'x.y' })).toThrow(RangeError);
    expect(() => evolve(run, { ...row, item: 0 })).toThrow(RangeError);
  });

  test('takes a row of an invocation without a number of its attempt for the present one', () => {
    const { run, rows } = begin();
    const row = { ...(rows[1] as HistoryRow), seq: run.nextSeq, attempt: null };
    expect(evolve(run, row).tasks.at(0).attempt).toBe(1);
  });
});

/** The run with some stored fields of its task runs replaced, reachable or not. */
const forcing = (driver: RunDriver, fields: (task: BareTaskRun) => Partial<BareTaskRun>) => {
  const tasks = [...driver.run.tasks].map((task) => ({ ...task, ...fields(task) }));
  driver.run = restore(driver.seed, driver.run, tasks);
};

describe('the engine', () => {
  const forced = fc.record({
    servers: declarations(),
    states: fc.array(fc.constantFrom(...TASK_STATES), { minLength: 1 }),
    runState: fc.constantFrom('running', 'completed', 'failed', 'cancelled' as const),
    moves: moves(12),
  });

  test('takes any input in any state, reachable or not, without an exception', () => {
    fc.assert(
      fc.property(forced, ({ servers, states, runState, moves: steps }) => {
        const names = servers.flatMap(({ server, tasks }) =>
          tasks.map(({ name }) => ({ task: `${server}.${name}` })),
        );
        const all = registryWith(...servers, {
          server: 'j',
          tasks: [],
          jobs: [{ name: 'all', tasks: names }],
        });
        const { run, seed, now } = new RunDriver(seedFor(all, { job: 'j.all' }));
        for (const move of steps) {
          const tasks = [...run.tasks].map((task, at): BareTaskRun => ({
            ...task,
            state: states[at % states.length] ?? 'pending',
          }));
          const odd = restore(seed, { ...run, state: runState as typeof run.state }, tasks);
          const world = new TestWorld();
          const origin = { source: '/servers/x', at: now, now };
          const { rows, refused } = step(odd, inputOf(odd, move, now), origin, world);
          if (refused !== null) expect(rows.every(({ applied }) => !applied)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('ends a forEach whose elements were cancelled one by one, and blocks by what was cancelled', () => {
    const driver = begin();
    driver.completed('s.a', { items: [1, 2] });
    forcing(driver, ({ item }) => (item?.index === 0 ? { state: 'cancelled' } : {}));
    driver.completed('s.each', {}, 1);
    expect(driver.task('s.each').error?.message).toBe(
      '1 of 2 elements failed, the first is element 0 (cancelled)',
    );
    const other = begin();
    forcing(other, ({ index }) => (index === 1 ? { state: 'cancelled' } : {}));
    other.completed('s.a');
    expect(other.task('s.b')).toMatchObject({ state: 'blocked', blockedBy: 's.each' });
  });

  test('leaves alone what has started although its upstream had not ended', () => {
    const driver = begin();
    forcing(driver, ({ index }) => (index === 1 ? { state: 'started' } : {}));
    driver.completed('s.a', { items: [1] });
    expect(driver.state('s.each')).toBe('started');
    const other = begin();
    other.completed('s.a', { items: [1] });
    forcing(other, ({ index }) => (index === 0 ? { state: 'started' } : {}));
    other.completed('s.a');
    expect(other.task('s.each')).toMatchObject({ state: 'started', elementsOpen: 1 });
  });

  test('takes the output of a completed task without one for an empty object', () => {
    const driver = begin();
    driver.completed('s.a', { items: [1, 2] });
    forcing(driver, ({ index, item }) =>
      index === 0 || item?.index === 0 ? { state: 'completed', output: null } : {},
    );
    driver.completed('s.each', { two: 2 }, 1);
    expect(driver.last.commands.at(-1)).toMatchObject({
      data: { task: 's.b', inputs: { 's.a': {}, 's.each': [{}, { two: 2 }] } },
    });
  });
});
