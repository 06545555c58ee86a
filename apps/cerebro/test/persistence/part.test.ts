import { describe, expect, test } from '@jest/globals';
import { joined, part, rowsPart } from '../../src/persistence/sql/part.js';
import { prepared } from '../../src/persistence/sql/statement.js';

interface Row {
  readonly id: string;
  readonly size: number;
}
const write = rowsPart<Row>({
  name: 'part_test',
  columns: { id: ['text', ({ id }) => id], size: ['int', ({ size }) => size] },
  order: 'id',
  changes: (w) => `done AS (UPDATE t SET size = w.size FROM ${w} WHERE t.id = w.id RETURNING 1)`,
  answers: (count) => `cordyna_expect((SELECT count(*) FROM done), ${count}, 'rows')`,
});
const rows = (count: number): Row[] => Array.from({ length: count }, (_, n) => ({ id: `r${n}`, size: n }));
const look = part('part_test_look', { changes: '', answers: '$1::text AS name' });
const alone = prepared('part_test_alone', 'SELECT $1::text');

describe('rows of a statement', () => {
  test('are parameters of their own when they are few, and lists when they are many', () => {
    const [one, two, three] = [1, 2, 3].map((count) => write(rows(count)));
    expect(one?.text).toBe(
      `WITH done AS (UPDATE t SET size = w.size FROM (SELECT $1::text AS id, $2::int AS size) AS w WHERE t.id = w.id RETURNING 1)
   SELECT cordyna_expect((SELECT count(*) FROM done), 1, 'rows')`,
    );
    expect(one?.values).toEqual(['r0', 0]);
    expect(two?.text).toContain(
      '(SELECT * FROM (VALUES ($1::text, $2::int), ($3::text, $4::int)) AS w (id, size) ORDER BY id) AS w',
    );
    expect(two?.values).toEqual(['r0', 0, 'r1', 1]);
    expect(three?.text).toContain(
      '(SELECT * FROM (SELECT unnest($1::text[]) AS id, unnest($2::int[]) AS size) AS w ORDER BY id) AS w',
    );
    expect(three?.text).toContain('FROM done), $3,');
    expect(three?.values.at(-1)).toBe(3);
    expect(new Set([one?.name, two?.name, three?.name]).size).toBe(3);
    expect([one?.part, two?.part, three?.part].map((own) => own !== undefined)).toEqual([true, true, false]);
  });
});

describe('statements of a commit', () => {
  test('are one when all of them are parts, with their parameters one behind the other', () => {
    const [whole, ...others] = joined([look('a'), write(rows(1)), look('b')]);
    expect(others).toEqual([]);
    expect(whole?.text).toBe(
      `WITH done AS (UPDATE t SET size = w.size FROM (SELECT $2::text AS id, $3::int AS size) AS w WHERE t.id = w.id RETURNING 1)
   SELECT $1::text AS name, cordyna_expect((SELECT count(*) FROM done), 1, 'rows'), $4::text AS name`,
    );
    expect(whole?.values).toEqual(['a', 'r0', 0, 'b']);
  });

  test('of the same kinds have the same name and text, of other kinds another name', () => {
    const [first] = joined([look('a'), write(rows(1))]);
    const [again] = joined([look('b'), write([{ id: 'other', size: 7 }])]);
    const [other] = joined([look('a'), write(rows(2))]);
    expect(again?.name).toBe(first?.name);
    expect(again?.text).toBe(first?.text);
    expect(again?.values).toEqual(['b', 'other', 7]);
    expect(other?.name).not.toBe(first?.name);
  });

  test('stay as they are when one of them is no part, or there is only one', () => {
    const mixed = [look('a'), alone('b'), write(rows(1))];
    expect(joined(mixed)).toBe(mixed);
    const many = [look('a'), write(rows(3))];
    expect(joined(many)).toBe(many);
    const single = [look('a')];
    expect(joined(single)).toBe(single);
  });

  test('are of a hundred kinds at most: what comes later stays as it is', () => {
    const kinds = Array.from({ length: 120 }, (_, n) =>
      part(`part_test_${n}`, { changes: '', answers: '1' }),
    );
    const sent = kinds.map((kind) => joined([kind(), look('x')]).length);
    expect(sent.at(-1)).toBe(2);
    expect(sent[0]).toBe(1);
    const [early] = kinds;
    expect(early && joined([early(), look('y')])).toHaveLength(1);
  });
});
