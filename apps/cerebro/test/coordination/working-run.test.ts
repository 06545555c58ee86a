import { expect, test } from '@jest/globals';
import { touchedIn } from '../../src/coordination/working-run.js';
import { runOf, seedOf } from '../persistence/support/builders.js';

test.each([2, 30, 31, 32, 40])(
  'of %i task runs each that was touched is named once, in their order',
  (count) => {
    const run = runOf(seedOf(Array.from({ length: count }, (_, at) => `one.t${at}`)));
    const touched = (...indexes: number[]) => touchedIn(run, indexes).map(({ index }) => index);
    expect(touched()).toEqual([]);
    expect(touched(0)).toEqual([0]);
    expect(touched(count - 1, 0, count - 1, 1, 0)).toEqual([...new Set([0, 1, count - 1])]);
    const all = [...run.tasks].map(({ index }) => index);
    expect(touched(...[...all, ...all].reverse())).toEqual(all);
  },
);
