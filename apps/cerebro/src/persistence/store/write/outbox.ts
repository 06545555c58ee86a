import type { QueryResult } from 'pg';
import {
  outboxRows,
  type Changes,
  type OutboxMessage,
  type StoredOutboxMessage,
} from '../../../coordination/ports/index.js';
import { joinMessages } from '../../sql/joined-messages.js';
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
  `INSERT INTO outbox (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server,
     messages)
   SELECT kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server, messages
   FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bytea[], $6::bytea[], $7::jsonb[], $8::text[],
     $9::text[], $10::bigint[], $11::text[], $12::int[])
     WITH ORDINALITY
     AS w (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server, messages, n)
   ORDER BY n
   RETURNING id, ${ms('created_at')} AS created_at, ${ms('stamp')} AS stamp`,
);

/** Rows that Kafka has taken, and unpublished invokes of attempts that have ended. */
export function removeOutbox({ published, voided }: Pick<Changes, 'published' | 'voided'>): Statement[] {
  return published.length + voided.length === 0 ? [] : [remove(published, voided)];
}

type Row = Omit<OutboxMessage, 'headers'> & { readonly headers: string; readonly messages: number };

const headerTexts = new WeakMap<OutboxMessage['headers'], string>();

/** Most messages have the same headers, which are one object. */
function headerText(headers: OutboxMessage['headers']): string {
  let text = headerTexts.get(headers);
  if (text === undefined) headerTexts.set(headers, (text = JSON.stringify(headers)));
  return text;
}

function rowOf(messages: readonly OutboxMessage[]): readonly Row[] {
  const [first] = messages;
  if (!first) return [];
  const headers = headerText(first.headers);
  if (messages.length === 1) return [{ ...first, headers, messages: 1 }];
  return [
    { ...first, headers, key: null, run: null, value: joinMessages(messages), messages: messages.length },
  ];
}

export function insertOutbox(messages: readonly OutboxMessage[]): Statement[] {
  if (messages.length === 0) return [];
  const rows = outboxRows(messages).rows.flatMap(rowOf);
  return [
    insert(
      rows.map(({ kind }) => kind),
      rows.map(({ messageId }) => messageId),
      rows.map(({ topic }) => topic),
      rows.map(({ partition }) => partition),
      rows.map(({ key }) => key),
      rows.map(({ value }) => value),
      rows.map(({ headers }) => headers),
      rows.map(({ invocation }) => invocation),
      rows.map(({ run }) => run),
      rows.map(({ ackMs }) => ackMs),
      rows.map(({ server }) => server),
      rows.map(({ messages: count }) => count),
    ),
  ];
}

interface Inserted {
  readonly id: string;
  readonly created_at: number;
  readonly stamp: number;
}

/** Ids were given in the order of the rows. */
export function storedOutbox(
  messages: readonly OutboxMessage[],
  result: QueryResult | undefined,
): readonly StoredOutboxMessage[] {
  const rows = rowsOf<Inserted>(result)
    .map((row) => ({ row, order: Number(row.id) }))
    .sort((a, b) => a.order - b.order)
    .map(({ row: { id, created_at, stamp } }) => ({
      id,
      createdAt: wholeMs(created_at),
      stamp: wholeMs(stamp),
    }));
  const { rowOf: indexes } = outboxRows(messages);
  return messages.flatMap((message, n) => {
    const row = rows[indexes[n] ?? -1];
    return row ? [{ ...message, ...row }] : [];
  });
}
