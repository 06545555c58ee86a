import type { QueryResult } from 'pg';
import type { Changes, OutboxMessage, StoredOutboxMessage } from '../../../coordination/ports/index.js';
import { prepared, rowsOf, type Statement } from '../../sql/statement.js';
import { ms, wholeMs } from '../../sql/time.js';

const remove = prepared(
  'outbox_remove',
  `DELETE FROM outbox WHERE id IN (
     SELECT id FROM outbox
     WHERE id = ANY ($1::bigint[]) OR (ack_ms IS NOT NULL AND invocation = ANY ($2::text[]))
     ORDER BY id FOR UPDATE
   )`,
);

const insert = prepared(
  'outbox_insert',
  `INSERT INTO outbox (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server)
   SELECT kind, message_id, topic, partition, key, value, headers::jsonb, invocation, run, ack_ms, server
   FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bytea[], $6::bytea[], $7::text[], $8::text[],
     $9::text[], $10::bigint[], $11::text[])
     WITH ORDINALITY
     AS w (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server, n)
   ORDER BY n
   RETURNING id, ${ms('created_at')} AS created_at, ${ms('stamp')} AS stamp`,
);

/** Rows that Kafka has taken, and unpublished invokes of attempts that have ended. */
export function removeOutbox({ published, voided }: Pick<Changes, 'published' | 'voided'>): Statement[] {
  return published.length + voided.length === 0 ? [] : [remove(published, voided)];
}

export function insertOutbox(messages: readonly OutboxMessage[]): Statement[] {
  if (messages.length === 0) return [];
  return [
    insert(
      messages.map(({ kind }) => kind),
      messages.map(({ messageId }) => messageId),
      messages.map(({ topic }) => topic),
      messages.map(({ partition }) => partition),
      messages.map(({ key }) => key),
      messages.map(({ value }) => value),
      messages.map(({ headers }) => JSON.stringify(headers)),
      messages.map(({ invocation }) => invocation),
      messages.map(({ run }) => run),
      messages.map(({ ackMs }) => ackMs),
      messages.map(({ server }) => server),
    ),
  ];
}

interface Inserted {
  readonly id: string;
  readonly created_at: number;
  readonly stamp: number;
}

/** Ids were given in the order of the messages. */
export function storedOutbox(
  messages: readonly OutboxMessage[],
  result: QueryResult | undefined,
): readonly StoredOutboxMessage[] {
  const rows = [...rowsOf<Inserted>(result)].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  return messages.flatMap((message, n) => {
    const row = rows[n];
    if (!row) return [];
    return [{ ...message, id: row.id, createdAt: wholeMs(row.created_at), stamp: wholeMs(row.stamp) }];
  });
}
