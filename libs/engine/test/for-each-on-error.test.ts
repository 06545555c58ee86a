import { describe, expect, test } from '@jest/globals';
import { counts, declare } from '@cordyna/engine';
import { RunDriver, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const ELEMENTS = 10_000;
const forGood = { retryable: false };

describe('a forEach of 10,000 elements', () => {
  const drive = (onError: 'block' | 'continue'): RunDriver => {
    const tasks = ['list', { name: 'each', forEach: 'list', onError }, 'after: each'];
    const driver = new RunDriver(seedFor(registryWith(declarationOf('s', tasks)), { task: 's.list' }));
    driver.completed('s.list', { items: Array.from({ length: ELEMENTS }, (_, index) => index) });
    for (let item = 0; item < ELEMENTS; item += 1) {
      if (item % 1_000 === 7) driver.failed('s.each', forGood, item);
      else driver.completed('s.each', { item }, item);
    }
    return driver;
  };

  test('with onError: continue goes on with what the others gave, and the run is failed in the end', () => {
    const driver = drive('continue');

    expect(driver.states()).toEqual({ 's.list': 'completed', 's.each': 'completed', 's.after': 'invoked' });
    const after = driver.last.commands.find(({ kind }) => kind === 'invoke');
    const { inputs } = (after as unknown as { data: { inputs: { 's.each': object[] } } }).data;
    expect(inputs['s.each']).toHaveLength(ELEMENTS);
    expect(inputs['s.each'].slice(6, 9)).toEqual([{ item: 6 }, {}, { item: 8 }]);
    driver.completed('s.after');
    expect(driver.run.state).toBe('failed');
    expect(counts(driver.run)).toMatchObject({ completed: ELEMENTS - 10 + 3, error: 10 });
  });

  test('otherwise blocks what depends on the whole', () => {
    const driver = drive('block');

    expect(driver.states()).toEqual({ 's.list': 'completed', 's.each': 'error', 's.after': 'blocked' });
    expect(driver.task('s.each').error?.message).toContain('10 of 10000 elements failed');
  });
});

test('onError without a forEach is refused where it is declared', () => {
  const declaration = declarationOf('s', [{ name: 'a', onError: 'continue' }]);
  const tools = { schemaErrors: () => [], cronErrors: () => [] };

  expect(declare(registryWith(), declaration, tools)).toMatchObject({
    ok: false,
    errors: [{ code: 'no_for_each', path: '/tasks/0/onError' }],
  });
});
