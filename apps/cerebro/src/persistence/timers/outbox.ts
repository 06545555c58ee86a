import type { Pool } from 'pg';
import type { OutboxKind, StoredOutboxMessage } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { splitMessages } from '../sql/joined-messages.js';
import { prepared } from '../sql/statement.js';
import { ago, at, ms, wholeMs } from '../sql/time.js';

const claim = prepared(
  'timer_claim',
  `UPDATE outbox SET stamp = now()
   WHERE id IN (
     SELECT id FROM outbox WHERE stamp < ${ago('$1')}
     ORDER BY stamp LIMIT $2 FOR UPDATE SKIP LOCKED
   )
   RETURNING id, kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms::float8 AS ack_ms, server, messages,
     ${ms('created_at')} AS created_at, ${ms('stamp')} AS stamp`,
);

const count = prepared('timer_unpublished', 'SELECT coalesce(sum(messages), 0)::int AS count FROM outbox');

const renew = prepared(
  'timer_renew',
  `WITH mine AS (
     SELECT o.id FROM outbox o JOIN unnest($1::bigint[], $2::float8[]) AS w (id, stamp) ON o.id = w.id
     WHERE o.stamp < ${at('w.stamp + 1')}
     ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
   )
   UPDATE outbox o SET stamp = now() FROM mine m WHERE o.id = m.id
   RETURNING o.id, ${ms('o.stamp')} AS stamp`,
);

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
  readonly messages: number;
  readonly created_at: number;
  readonly stamp: number;
}

function messagesOf(row: OutboxRow): readonly StoredOutboxMessage[] {
  const common = {
    id: row.id,
    kind: row.kind,
    topic: row.topic,
    partition: row.partition,
    headers: row.headers,
    invocation: row.invocation,
    ackMs: row.ack_ms,
    server: row.server,
    createdAt: wholeMs(row.created_at),
    stamp: wholeMs(row.stamp),
  };
  if (row.messages > 1 && row.value)
    return splitMessages(row.value).map((message) => ({ ...common, ...message }));
  return [{ ...common, messageId: row.message_id, run: row.run, key: row.key, value: row.value }];
}

/** In the order in which they were written: a cancel stays behind its invoke. */
export async function claimUnpublished(
  pool: Pool,
  olderThanMs: number,
  limit: number,
): Promise<readonly StoredOutboxMessage[]> {
  const rows = await ask<OutboxRow>(pool, claim(olderThanMs, limit));
  return [...rows].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1)).flatMap(messagesOf);
}

/** In the order in which they were given. Stamps are known to the millisecond. */
export async function renewUnpublished(
  pool: Pool,
  claimed: readonly StoredOutboxMessage[],
): Promise<readonly StoredOutboxMessage[]> {
  if (claimed.length === 0) return [];
  const statement = renew(
    claimed.map(({ id }) => id),
    claimed.map(({ stamp }) => stamp),
  );
  const rows = await ask<{ id: string; stamp: number }>(pool, statement);
  const stamps = new Map(rows.map(({ id, stamp }) => [id, wholeMs(stamp)]));
  return claimed.flatMap((row) => {
    const stamp = stamps.get(row.id);
    return stamp === undefined ? [] : [{ ...row, stamp }];
  });
}

export async function countUnpublished(pool: Pool): Promise<number> {
  const [row] = await ask<{ count: number }>(pool, count());
  return row?.count ?? 0;
}
