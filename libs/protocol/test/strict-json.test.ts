import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { parseStrictJson } from '../src/wire/index.js';

const parse = (text: string, maxNesting?: number) => parseStrictJson(Buffer.from(text), maxNesting);
const reasonOf = (text: string) => {
  const result = parse(text);
  return result.ok ? 'taken' : result.reason;
};
const nested = (levels: number, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels);

describe('what strict JSON takes and refuses', () => {
  test.each([
    ['an empty object', '{}', 'taken'],
    ['nesting of 32', nested(32), 'taken'],
    ['nesting of 33', nested(33), 'too_deep'],
    ['nesting of 33 objects', `${'{"a":'.repeat(32)}{}${'}'.repeat(32)}`, 'too_deep'],
    ['many siblings', `[${Array(100).fill('[[]]').join(',')}]`, 'taken'],
    ['brackets in a string', JSON.stringify('['.repeat(100)), 'taken'],
    ['brackets after an escaped quote', `"\\"${'['.repeat(100)}"`, 'taken'],
    ['a NUL as an escape', '{"a":"x\\u0000y"}', 'nul_character'],
    ['a NUL in a key', '{"\\u0000":1}', 'nul_character'],
    ['an escaped backslash before u0000', '"\\\\u0000"', 'taken'],
    ['a raw NUL in a string', '"\0"', 'not_json'],
    ['a lone high surrogate', '"\\ud83d"', 'not_utf8'],
    ['a lone low surrogate', '"\\ude00"', 'not_utf8'],
    ['a high surrogate before text', '"\\ud83dxxxxxx"', 'not_utf8'],
    ['two high surrogates', '"\\ud83d\\ud83d"', 'not_utf8'],
    ['surrogates in the wrong order', '"\\ude00\\ud83d"', 'not_utf8'],
    ['a lone surrogate in a key', '{"\\uD800":1}', 'not_utf8'],
    ['an escaped pair', '"\\ud83d\\ude00"', 'taken'],
    ['an escaped pair in capitals', '"\\uD83D\\uDE00"', 'taken'],
    ['raw characters beyond the basic plane', '"😀"', 'taken'],
    ['2^53-1', '[9007199254740991,-9007199254740991]', 'taken'],
    ['2^53', '9007199254740992', 'invalid_data'],
    ['-2^53', '-9007199254740992', 'invalid_data'],
    ['2^53+1, which a double cannot hold', '[9007199254740993]', 'invalid_data'],
    ['an integer of 400 digits', '9'.repeat(400), 'invalid_data'],
    ['a number with many decimals', '0.12345678901234567890', 'taken'],
    ['a large number in scientific form', '1e300', 'taken'],
    ['a number that overflows', '1e400', 'invalid_data'],
    ['long digits in a string', '"99999999999999999999"', 'taken'],
    ['the key __proto__', '{"a":[{"__proto__":{"x":1}}]}', 'invalid_data'],
    ['the key __proto__ behind an escape', '{"\\u005f_proto__":1}', 'invalid_data'],
    ['__proto__ as a value', '{"a":"__proto__"}', 'taken'],
    ['keys constructor and prototype', '{"constructor":1,"prototype":2}', 'taken'],
    ['a byte order mark', '\uFEFF{}', 'taken'],
    ['no text at all', '', 'not_json'],
    ['half an object', '{"a":', 'not_json'],
    ['an unterminated string', '"abc', 'not_json'],
    ['an unterminated escape', '"\\u00', 'not_json'],
    ['an escape that is none', '"\\u00zz"', 'not_json'],
    ['NaN', 'NaN', 'not_json'],
    ['a comment', '{} // no', 'not_json'],
    ['digits with two points', '1.1.1.1.1.1.1.1.1.1', 'not_json'],
  ])('%s', (_, text, expected) => {
    expect(reasonOf(text)).toBe(expected);
  });

  test.each([[[0xff]], [[0x22, 0xc3, 0x22]], [[0x22, 0xed, 0xa0, 0x80, 0x22]], [[0x22, 0xc0, 0x80, 0x22]]])(
    'bytes %j that are not UTF-8 are refused',
    (bytes) => {
      expect(parseStrictJson(Buffer.from(bytes))).toMatchObject({ ok: false, reason: 'not_utf8' });
    },
  );

  test('nesting of 20,000 and of a million is refused without a stack overflow', () => {
    expect(reasonOf(nested(20_000))).toBe('too_deep');
    expect(reasonOf('{"a":'.repeat(200_000))).toBe('too_deep');
  });

  test('the detail quotes nothing of the text', () => {
    const result = parse('{"lease":"very-secret", oops}');
    expect(result).toMatchObject({ ok: false, reason: 'not_json' });
    expect(JSON.stringify(result)).not.toMatch(/secret|oops/);
  });

  test('the limit of nesting can be given', () => {
    expect(parse(nested(36), 36).ok).toBe(true);
    expect(parse(nested(37), 36).ok).toBe(false);
  });
});

describe('strict JSON compared with a plain reading', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\0', '\ud83d', '\ude00', 'a', '"', '\\', '[', '{', '_', 'é') }),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 0, -0.5, 1e21, 2 ** 53 - 1),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !writtenAsLargeInteger(number)),
      text,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    ),
  }));
  const strings = (node: unknown): string[] => {
    if (typeof node === 'string') return [node];
    if (typeof node !== 'object' || node === null) return [];
    return Object.entries(node).flatMap(([key, member]) => [key, ...strings(member)]);
  };
  /** Every character as an escape, as some serializers write. */
  const escaped = (json: string) =>
    json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

  test('a value is refused for its strings exactly when one has a NUL or half a surrogate pair', () => {
    fc.assert(
      fc.property(value, fc.boolean(), (node, escape) => {
        const json = JSON.stringify(node);
        const known = JSON.parse(json) as unknown;
        const bad = strings(known).some((s) => s.includes('\0') || !isWellFormed(s));
        fc.pre(!strings(known).includes('__proto__'));
        const result = parse(escape ? escaped(json) : json);
        expect(result.ok).toBe(!bad);
        if (result.ok) expect(result.value).toEqual(known);
        else expect(['nul_character', 'not_utf8']).toContain(result.reason);
      }),
      { numRuns: 2_000 },
    );
  });

  test('any bytes at all give an answer and no exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof parseStrictJson(Buffer.from(bytes)).ok).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });
});

const isWellFormed = (text: string) => Buffer.from(text).toString() === text;
const writtenAsLargeInteger = (number: number) =>
  Math.abs(number) > Number.MAX_SAFE_INTEGER && /^-?\d+$/.test(JSON.stringify(number));
