import { describe, expect, test } from '@jest/globals';
import { InvalidCursor } from '../../src/coordination/ports/index.js';
import { BIG, COUNT, EPOCH_MS, decodeCursor, encodeCursor } from '../../src/persistence/queries/cursor.js';

describe('a cursor', () => {
  test('gives back what was put into it, and tells nothing', () => {
    const cursor = encodeCursor('all', 12, '9007199254740993');
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(cursor, [/^all$/, COUNT, BIG])).toEqual(['all', '12', '9007199254740993']);
  });

  test.each([
    ['nothing', ''],
    ['too few fields', encodeCursor('all')],
    ['too many fields', encodeCursor('all', 1, 2)],
    ['another kind', encodeCursor('run', 1)],
    ['no number', encodeCursor('all', '1x')],
    ['a number beyond what the database holds', encodeCursor('all', '1'.repeat(30))],
    ['SQL', encodeCursor('all', "1');--")],
  ])('with %s in it is refused', (_what, cursor) => {
    expect(() => decodeCursor(cursor, [/^all$/, EPOCH_MS])).toThrow(InvalidCursor);
  });
});
