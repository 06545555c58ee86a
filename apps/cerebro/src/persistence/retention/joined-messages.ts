import { splitMessages } from '../sql/joined-messages.js';
import { prepared, type Statement } from '../sql/statement.js';
import { ago } from '../sql/time.js';

/** A row may hold a megabyte. */
const MAX_ROWS = 100;

const candidates = prepared(
  'retention_joined',
  `SELECT id, value FROM outbox WHERE created_at < ${ago('$1')} AND messages > 1
   ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`,
);
const known = prepared('retention_joined_runs', 'SELECT id FROM runs WHERE id::text = ANY ($1::text[])');
const remove = prepared('retention_joined_remove', 'DELETE FROM outbox WHERE id = ANY ($1::bigint[])');

type Ask = <Row>(statement: Statement) => Promise<readonly Row[]>;

/** Messages of one commit whose runs are all gone. Which runs they are of, only the messages themselves say. */
export async function removeJoined(ask: Ask, olderThanMs: number, limit: number): Promise<number> {
  const rows = await ask<{ id: string; value: Buffer }>(candidates(olderThanMs, Math.min(limit, MAX_ROWS)));
  if (rows.length === 0) return 0;
  const found = rows.map(({ id, value }) => ({
    id,
    runs: splitMessages(value).flatMap(({ run }) => (run === null ? [] : [run])),
  }));
  const named = [...new Set(found.flatMap(({ runs }) => runs))];
  const kept = new Set((await ask<{ id: string }>(known(named))).map(({ id }) => id));
  const gone = found.filter(({ runs }) => !runs.some((run) => kept.has(run))).map(({ id }) => id);
  if (gone.length > 0) await ask(remove(gone));
  return gone.length;
}
