import type { QueryResult } from 'pg';
import type { Changes, OutboxMessage, OutboxRow } from '../../../coordination/ports/index.js';
import { joinMessages } from '../../sql/outbox-row.js';
import { part } from '../../sql/part.js';
import { prepared, rowsOf, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

// In the order of the index, so that two who remove the same rows do not wait for each other.
const remove = part('outbox_remove_rows', {
  changes: 'removed AS (DELETE FROM outbox WHERE id = ANY ($1::bigint[]) RETURNING 1)',
  answers: '(SELECT count(*) FROM removed)',
});

const narrow = prepared(
  'outbox_narrow',
  `UPDATE outbox SET settled = ARRAY(SELECT DISTINCT unnest(settled || $2::int[])) WHERE id = $1::bigint`,
);

const insert = part('outbox_insert_row', {
  changes: `owed AS (
     INSERT INTO outbox (messages, heads, bodies, stamp)
     VALUES ($1::int, $2::text, $3::bytea, coalesce(${at('$4::float8')}, now())) RETURNING id
   )`,
  answers: '(SELECT id FROM owed) AS id',
});

/** Rows of which nothing is owed any more go; of the others it is remembered what is settled. */
export function settleOutbox({ published, narrowed }: Pick<Changes, 'published' | 'narrowed'>): Statement[] {
  return [
    ...(published.length === 0 ? [] : [remove(published)]),
    ...[...narrowed]
      .sort((a, b) => Number(a.row) - Number(b.row))
      .map(({ row, settled }) => narrow(row, settled)),
  ];
}

/** @param stamp epoch ms; null: when the transaction began */
export function insertOutbox(messages: readonly OutboxMessage[], stamp: number | null = null): Statement[] {
  if (messages.length === 0) return [];
  const { heads, bodies } = joinMessages(messages);
  return [insert(messages.length, heads, bodies, stamp)];
}

/**
 * @param clock when the transaction began: epoch ms, database clock
 * @param stamp what was given as such
 */
export function storedOutbox(
  messages: readonly OutboxMessage[],
  result: QueryResult | undefined,
  clock: number,
  stamp = clock,
): OutboxRow | null {
  const [inserted] = rowsOf<{ readonly id: string }>(result);
  return inserted ? { id: inserted.id, messages, places: null, createdAt: clock, stamp } : null;
}
