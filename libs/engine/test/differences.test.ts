import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '@cordyna/protocol/model';
import { differences } from '../src/index.js';

const told = (before: JsonValue, after: JsonValue) =>
  differences(before, after).map((one) => {
    const [was, is] = ['before' in one ? one.before : '', 'after' in one ? one.after : ''];
    return [one.op, one.path, was, is].map((part) => JSON.stringify(part)).join(' ');
  });

describe('the differences of two values', () => {
  test.each<[JsonValue, JsonValue, string[]]>([
    [{ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, []],
    [1, '1', ['"replace" "" 1 "1"']],
    [{ a: null }, {}, ['"remove" "/a" null ""']],
    [{}, { a: null }, ['"add" "/a" "" null']],
    [{ 'x/y~z': 1 }, { 'x/y~z': 2 }, ['"replace" "/x~1y~0z" 1 2']],
    [
      { a: { b: 1, c: 1 } },
      { a: { b: 2, d: 1 } },
      ['"replace" "/a/b" 1 2', '"remove" "/a/c" 1 ""', '"add" "/a/d" "" 1'],
    ],
    [[1, 2, 3], [0, 1, 2, 3], ['"add" "/0" "" 0']],
    [[1, 2, 3], [1, 3], ['"remove" "/1" 2 ""']],
    [[1, 1], [1], ['"remove" "/1" 1 ""']],
    [
      [{ a: 1 }, { a: 2 }],
      [{ a: 1 }, { a: 3 }, 4],
      ['"replace" "/1/a" 2 3', '"add" "/2" "" 4'],
    ],
    [{ a: [] }, { a: {} }, ['"replace" "/a" [] {}']],
    [{ a: 1 }, { a: 2, b: undefined as unknown as JsonValue }, ['"replace" "/a" 1 2']],
    [[], [1, 2], ['"add" "/0" "" 1', '"add" "/1" "" 2']],
  ])('%j → %j', (before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });
});
