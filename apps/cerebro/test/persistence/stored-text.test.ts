import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreRefused } from '../../src/coordination/ports/index.js';
import { storable } from '../../src/persistence/sql/stored-text.js';

const NUL = String.fromCharCode(0);
const isKnown = (text: string): boolean => !/\p{Surrogate}/u.test(text) && !text.includes(NUL);

test('a text is stored unless it holds NUL or half of a surrogate pair, however many backslashes are before it', () => {
  const unit = fc.constantFrom(
    '\\',
    'u',
    '0',
    'd',
    '8',
    NUL,
    '\u0001',
    '\ud83d',
    '\ude00',
    '"',
    'é',
    '\u2028',
  );
  const text = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''));
  fc.assert(
    fc.property(text, text, (key, value) => {
      const json = JSON.stringify({ [key]: [value] });
      if (isKnown(key) && isKnown(value)) expect(storable(json)).toBe(json);
      else expect(() => storable(json)).toThrow(StoreRefused);
    }),
    { numRuns: 2_000 },
  );
});
