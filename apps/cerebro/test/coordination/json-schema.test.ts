import { performance } from 'node:perf_hooks';
import { describe, expect, test } from '@jest/globals';
import { JsonSchemas } from '../../src/coordination/index.js';

/** Each takes a backtracking matcher longer than anybody waits. */
const CATASTROPHIC = [
  ['^(a+)+$', `${'a'.repeat(50_000)}!`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000)],
  ['(x+x+)+y', 'x'.repeat(50_000)],
] as const;
const ANSWER_MS = 100;

/** The shortest of a few: other programs on the machine take their time too. */
function fastest(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return Math.min(...times);
}

describe('patterns of schemas', () => {
  test.each(CATASTROPHIC)('%s is answered at once, though it is catastrophic', (pattern, text) => {
    const schemas = new JsonSchemas();
    const schema = { properties: { name: { type: 'string', pattern } } };
    expect(schemas.schemaErrors(schema)).toEqual([]);
    expect(schemas.validate(schema, { name: text })).toEqual([`/name must match pattern "${pattern}"`]);
    expect(fastest(() => schemas.validate(schema, { name: text }))).toBeLessThan(ANSWER_MS);
    const names = { patternProperties: { [pattern]: { type: 'number' } } };
    expect(schemas.validate(names, { [text]: 'no number' })).toEqual([]);
    expect(fastest(() => schemas.validate(names, { [text]: 1 }))).toBeLessThan(ANSWER_MS);
  });

  test.each([
    ['^\\d{4}-\\d{2}$', '2026-11', 'x2026-11'],
    ['^(?<year>\\d{4})\\/', '2026/', '2026-'],
    ['^[\\w.-]+@[^\\s@]+$', 'a.b@c', 'a b@c'],
    ['^\\p{L}+$', 'Zürich', '1'],
    ['^.\\u00e4$', '😀ä', 'xxä'],
    ['b', 'abc', 'ac'],
  ])('%s means what it means in JSON Schema', (pattern, good, bad) => {
    const schemas = new JsonSchemas();
    expect(schemas.validate({ pattern }, good)).toEqual([]);
    expect(schemas.validate({ pattern }, bad)).toHaveLength(1);
  });

  test.each(['^(?=.*\\d)', '(a)\\1', '(?<!a)b'])('%s is refused with the reason', (pattern) => {
    const schemas = new JsonSchemas();
    const [error] = schemas.schemaErrors({ properties: { name: { pattern } } });
    expect(error).toContain(pattern);
    expect(error).toContain('RE2');
    expect(schemas.validate({ pattern }, 'x')).toEqual([expect.stringContaining('cannot be used')]);
  });
});

test('of very many errors only the first are told, with the number of the others', () => {
  const schema = { items: { type: 'string' } };
  const messages = new JsonSchemas().validate(
    schema,
    Array.from({ length: 5_000 }, () => 1),
  );
  expect(messages).toHaveLength(21);
  expect(messages.at(-1)).toBe('and 4980 more');
});

test('what is no schema is refused with what is wrong with it; two schemas may have the same $id', () => {
  const schemas = new JsonSchemas();
  expect(schemas.schemaErrors({ type: 'strin' })).toEqual([expect.stringContaining('data/type must be')]);
  expect(schemas.schemaErrors({ required: 'name' })).toEqual([
    expect.stringContaining('data/required must be array'),
  ]);
  expect(schemas.schemaErrors({ $schema: 'https://example.org/unknown' })).toHaveLength(1);
  const $id = 'https://example.org/value';
  expect(schemas.validate({ $id, type: 'string' }, 1)).toHaveLength(1);
  expect(schemas.validate({ $id, type: 'number' }, 1)).toEqual([]);
});
