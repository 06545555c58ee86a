import { expect, test } from '@jest/globals';
import { RunCache } from '../../src/coordination/run-cache.js';
import { runOf, seedOf } from '../persistence/support/builders.js';

const cached = (tasks: number, version = 1) => {
  const names = Array.from({ length: tasks }, (_, at) => `one.t${at}`);
  const value = runOf(
    seedOf(names),
    names.map(() => ({})),
  );
  return { value, version, contentHash: '' };
};
const kept = (cache: RunCache, runs: string): string =>
  [...runs].filter((run) => cache.get(run) !== undefined).join('');

test('of runs that have ended nothing is kept', () => {
  const cache = new RunCache();
  const running = cached(2);
  cache.put('a', running);
  expect(cache.get('a')).toBe(running);
  cache.put('a', { ...running, value: { ...running.value, state: 'completed' } });
  expect([cache.get('a'), cache.size]).toEqual([undefined, 0]);
});

test('when there are too many task runs, those go that were not used for longest', () => {
  const cache = new RunCache(10);
  for (const run of 'abcde') cache.put(run, cached(2));
  cache.put('f', cached(2));
  expect(kept(cache, 'abcdef')).toBe('bcdef');
  cache.put('g', cached(2));
  expect(kept(cache, 'def')).toBe('def');
  cache.put('h', cached(2));
  expect(kept(cache, 'abcdefgh')).toBe('defgh');
});

test('a run that is changed is counted once, and one that is larger than all there may be is kept alone', () => {
  const cache = new RunCache(10);
  for (let version = 1; version <= 9; version++) cache.put('a', cached(4, version));
  cache.put('b', cached(4));
  expect([cache.get('a')?.version, kept(cache, 'ab')]).toEqual([9, 'ab']);
  cache.put('c', cached(20));
  expect([kept(cache, 'abc'), cache.size]).toEqual(['c', 1]);
  cache.evict('c');
  cache.put('d', cached(10));
  expect(kept(cache, 'cd')).toBe('d');
});
