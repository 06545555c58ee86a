import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TaskDeclaration } from '@cordyna/protocol/model';
import { isFinalTaskState } from '@cordyna/protocol/model';
import { declare, freshnessNeeds, replay } from '@cordyna/engine';
import {
  RunDriver,
  TestWorld,
  declarationOf,
  lenientTools,
  registryWith,
  seedFor,
  restore,
} from '@cordyna/engine/testing';

const BEGUN = new Set(['invoked', 'queued', 'started']);
const retry = { maxAttempts: 2, backoffMs: 10 };

const registryOf = (more: Partial<TaskDeclaration>) =>
  registryWith(
    declarationOf('s', ['list', { name: 'each', forEach: 'list', retry, ...more }, 'after: each']),
  );

const begin = (count: number, more: Partial<TaskDeclaration>, world = new TestWorld()): RunDriver => {
  const driver = new RunDriver(seedFor(registryOf(more), { task: 's.list' }), world);
  driver.completed('s.list', { items: Array.from({ length: count }, (_, index) => ({ index })) });
  return driver;
};

const elements = (driver: RunDriver) => [...driver.run.tasks].filter(({ item }) => item !== null);
const shown = (driver: RunDriver): string[] =>
  elements(driver).map(({ state, reason }) => `${state}${reason === null ? '' : ` ${reason}`}`);
const waiting = 'pending waiting for its turn';

describe('a forEach with concurrency', () => {
  test('has so many elements under way at once, the others say what they wait for, and the next begins when one ends', () => {
    const driver = begin(4, { concurrency: 2 });
    expect(shown(driver)).toEqual(['invoked', 'invoked', waiting, waiting]);
    // Who waits for its turn leaves no rows: a list is long.
    expect(driver.last.rows).toHaveLength(4);
    driver.send({ kind: 'capacity' });
    expect(driver.last.refused).toBe('nothing is there to do');
    driver.completed('s.each', {}, 1);
    expect(shown(driver)).toEqual(['invoked', 'completed', 'invoked', waiting]);
    driver.failed('s.each', { retryable: false }, 0);
    expect(shown(driver)).toEqual(['error', 'completed', 'invoked', 'invoked']);
  });

  test('keeps the turn of an element while it waits for its next attempt', () => {
    const driver = begin(2, { concurrency: 1 });
    driver.failed('s.each', {}, 0);
    expect(shown(driver)).toEqual(['pending retry 2 of 2', waiting]);
    driver.now += 1_000;
    driver.send({ kind: 'retry-due' });
    driver.completed('s.each', {}, 0);
    expect(shown(driver)).toEqual(['completed', 'invoked']);
  });

  test('keeps it while it waits for capacity, too', () => {
    const world = new TestWorld();
    world.capacities.set('s', 1);
    const driver = begin(3, { concurrency: 2 }, world);
    expect(shown(driver)).toEqual(['invoked', 'pending waiting for capacity of s', waiting]);
  });

  test('goes on past elements that cannot be begun', () => {
    const driver = begin(5, { concurrency: 2, argsSchema: { required: ['day'] }, onError: 'continue' });
    expect(elements(driver).map(({ error }) => error?.code)).toEqual(Array(5).fill('args_invalid'));
    expect(driver.states()).toMatchObject({ 's.each': 'completed', 's.after': 'invoked' });
  });

  test('holds when the run is retried: of those that failed, so many begin at once', () => {
    const driver = begin(6, { concurrency: 2 });
    for (const item of [0, 1, 2, 3, 4, 5])
      if (item % 2 === 0) driver.completed('s.each', {}, item);
      else driver.failed('s.each', { retryable: false }, item);
    driver.send({ kind: 'retry' });
    expect(shown(driver).filter((state) => state !== 'completed')).toEqual(['invoked', 'invoked', waiting]);
    driver.completed('s.each', {}, 3);
    expect(driver.state('s.each', 5)).toBe('invoked');
  });

  test('ends all elements of a withdrawn server, and cancels those that wait with the run', () => {
    const world = new TestWorld();
    const driver = begin(3, { concurrency: 1 }, world);
    world.undeclared.add('s.each');
    driver.send({ kind: 'withdrawn', server: 's' });
    expect(shown(driver)).toEqual(['invoked', 'error', 'error']);
    const other = begin(3, { concurrency: 1 });
    other.send({ kind: 'cancel', reason: 'enough' });
    expect(shown(other)).toEqual(Array(3).fill('cancelled enough'));
  });

  test.each([
    ['its last element fails', { onError: 'continue' as const }],
    ['elements after one that failed cannot be begun', { onError: 'continue' as const, concurrency: 1 }],
  ])('names what a task downstream needs from outside when %s', (_, more) => {
    const registry = registryWith(
      declarationOf('s', [
        'list',
        { name: 'each', forEach: 'list', ...more },
        { name: 'after', dependsOn: ['each', 'x.far'] },
      ]),
    );
    const world = new TestWorld();
    world.complete('x.far', 'earlier');
    const driver = new RunDriver(seedFor(registry, { task: 's.list' }), world);
    driver.completed('s.list', { items: [1] });
    const input = {
      ...driver.identity('s.each', 0),
      report: 'error',
      error: { code: 'broken', message: 'it broke' },
    } as const;
    expect(freshnessNeeds(driver.run, input)).toEqual(['s.after', 'x.far']);
    world.loaded = new Set(freshnessNeeds(driver.run, input));
    driver.send(input);
    expect(driver.state('s.after')).toBe('invoked');
  });

  const ways = fc.array(fc.record({ kind: fc.nat(9), target: fc.nat(19) }), { maxLength: 80 });
  test('whatever happens, never more are under way, no place is left empty, and all of them end', () => {
    const situation = fc.record({ count: fc.nat(12), concurrency: fc.integer({ min: 1, max: 5 }), ways });
    fc.assert(
      fc.property(situation, ({ count, concurrency, ways: steps }) => {
        const driver = begin(count, { concurrency });
        const go = (kind: number, target: number): void => {
          const open = elements(driver).filter(({ state }) => BEGUN.has(state));
          const { item } = open[target % Math.max(open.length, 1)] ?? {};
          driver.world.loaded = new Set(freshnessNeeds(driver.run, { kind: 'retry' }));
          if (kind === 9) driver.send({ kind: 'retry' });
          else if (!item) driver.send({ kind: 'retry-due' });
          else if (kind < 5) driver.completed('s.each', {}, item.index);
          else driver.failed('s.each', kind < 7 ? {} : { retryable: kind < 8 }, item.index);
          const all = elements(driver);
          const unfinished = all.filter(({ state }) => !isFinalTaskState(state));
          const turns = unfinished.filter(({ reason }) => reason !== 'waiting for its turn');
          expect(turns.length).toBe(Math.min(concurrency, unfinished.length));
          expect(all.filter(({ state }) => BEGUN.has(state)).length).toBeLessThanOrEqual(concurrency);
        };
        for (const { kind, target } of steps) go(kind, target);
        expect(replay(driver.seed, driver.rows)).toEqual(driver.run);
        const stored = [...driver.run.tasks].map(
          ({ upstreamOpen: _up, elementsOpen: _open, ...task }) => task,
        );
        expect(restore(driver.seed, driver.run, stored)).toEqual(driver.run);
        for (let left = 4 * count; driver.state('s.each') === 'started' && left > 0; left -= 1) {
          driver.now += 1_000;
          go(elements(driver).some(({ state }) => BEGUN.has(state)) ? 0 : 3, left);
        }
        expect(isFinalTaskState(driver.state('s.each'))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('is refused without a forEach', () => {
    const declaration = declarationOf('s', [{ name: 'a', concurrency: 2, onError: 'block' }]);
    const errors = ['onError', 'concurrency'].map((member) => ({
      code: 'no_for_each',
      path: `/tasks/0/${member}`,
    }));
    expect(declare(registryWith(), declaration, lenientTools)).toMatchObject({ ok: false, errors });
  });
});
