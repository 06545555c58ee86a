import { expect, describe, test } from '@jest/globals';
import { StoreRefused } from '../../src/coordination/ports/index.js';
import { entriesText, partsOf } from '../../src/persistence/sql/history-entry.js';
import { historyRow, T0 } from './support/builders.js';

const seqsOf = (rows: readonly number[]): number[][] =>
  partsOf(rows.map((seq) => historyRow(seq))).map((part) => part.map(({ seq }) => seq));

describe('what a commit adds to a history', () => {
  test('is one part as long as each entry follows the one before it', () => {
    expect(seqsOf([])).toEqual([]);
    expect(seqsOf([4, 5, 6])).toEqual([[4, 5, 6]]);
    expect(seqsOf([2, 3, 1, 7])).toEqual([[2, 3], [1], [7]]);
  });

  test('is divided when it is very long', () => {
    const parts = seqsOf(Array.from({ length: 1_001 }, (_, at) => at + 1));
    expect(parts.map((part) => [part[0], part.length])).toEqual([
      [1, 500],
      [501, 500],
      [1_001, 1],
    ]);
  });

  test('has only times that PostgreSQL knows', () => {
    const [first] = JSON.parse(entriesText([historyRow(1)])) as [unknown[]];
    expect(first.slice(0, 2)).toEqual([T0, '/test']);
    for (const at of [Number.NaN, Number.POSITIVE_INFINITY, -211_000_000_000_000])
      expect(() => entriesText([historyRow(1, { at })])).toThrow(StoreRefused);
  });
});
