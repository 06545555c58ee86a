import type { Pool } from 'pg';
import type { OutboxKind, StoredOutboxMessage } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import { ms, wholeMs } from '../sql/time.js';

const claim = prepared(
  'timer_claim',
  `UPDATE outbox SET stamp = now()
   WHERE id IN (
     SELECT id FROM outbox WHERE stamp < now() - make_interval(secs => $1::float8 / 1000)
     ORDER BY stamp LIMIT $2 FOR UPDATE SKIP LOCKED
   )
   RETURNING id, kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms::float8 AS ack_ms, server,
     ${ms('created_at')} AS created_at, ${ms('stamp')} AS stamp`,
);

const count = prepared('timer_unpublished', 'SELECT count(*)::int AS count FROM outbox');

const existing = prepared('timer_existing', `SELECT id FROM outbox WHERE id = ANY ($1::bigint[])`);

interface OutboxRow {
  readonly id: string;
  readonly kind: OutboxKind;
  readonly message_id: string;
  readonly topic: string;
  readonly partition: number | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: { readonly [name: string]: string };
  readonly invocation: string | null;
  readonly run: string | null;
  readonly ack_ms: number | null;
  readonly server: string | null;
  readonly created_at: number;
  readonly stamp: number;
}

const messageOf = (row: OutboxRow): StoredOutboxMessage => ({
  id: row.id,
  kind: row.kind,
  messageId: row.message_id,
  topic: row.topic,
  partition: row.partition,
  key: row.key,
  value: row.value,
  headers: row.headers,
  invocation: row.invocation,
  run: row.run,
  ackMs: row.ack_ms,
  server: row.server,
  createdAt: wholeMs(row.created_at),
  stamp: wholeMs(row.stamp),
});

/** In the order in which they were written: a cancel stays behind its invoke. */
export async function claimUnpublished(
  pool: Pool,
  olderThanMs: number,
  limit: number,
): Promise<readonly StoredOutboxMessage[]> {
  const rows = await ask<OutboxRow>(pool, claim(olderThanMs, limit));
  return [...rows].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1)).map(messageOf);
}

export async function stillUnpublished(pool: Pool, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  return new Set((await ask<{ id: string }>(pool, existing(ids))).map(({ id }) => id));
}

export async function countUnpublished(pool: Pool): Promise<number> {
  const [row] = await ask<{ count: number }>(pool, count());
  return row?.count ?? 0;
}
