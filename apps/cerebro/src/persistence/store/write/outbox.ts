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

// In the order of their ids, so that two who remove the same rows do not wait for each other.
const remove = prepared(
  'outbox_remove',
  `DELETE FROM outbox o USING (
     SELECT id FROM unnest($1::bigint[]) AS w (id)
     UNION ALL
     SELECT v.id FROM unnest($2::text[]) AS w (invocation)
       JOIN outbox v ON v.invocation = w.invocation AND v.ack_ms IS NOT NULL
     ORDER BY id
   ) AS gone
   WHERE o.id = gone.id`,
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

const headerTexts = new WeakMap<OutboxMessage['headers'], string>();

/** Most messages have the same headers, which are one object. */
function headerText(headers: OutboxMessage['headers']): string {
  let text = headerTexts.get(headers);
  if (text === undefined) headerTexts.set(headers, (text = JSON.stringify(headers)));
  return text;
}

export function insertOutbox(messages: readonly OutboxMessage[]): Statement[] {
  if (messages.length === 0) return [];
  const { rows } = outboxRows(messages);
  const firsts = rows.flatMap(([first]) => first ?? []);
  const isAlone = (n: number): boolean => rows[n]?.length === 1;
  return [
    insert(
      firsts.map(({ kind }) => kind),
      firsts.map(({ messageId }) => messageId),
      firsts.map(({ topic }) => topic),
      firsts.map(({ partition }) => partition),
      firsts.map(({ key }, n) => (isAlone(n) ? key : null)),
      firsts.map(({ value }, n) => (isAlone(n) ? value : joinMessages(rows[n] ?? []))),
      firsts.map(({ headers }) => headerText(headers)),
      firsts.map(({ invocation }) => invocation),
      firsts.map(({ run }, n) => (isAlone(n) ? run : null)),
      firsts.map(({ ackMs }) => ackMs),
      firsts.map(({ server }) => server),
      rows.map(({ length }) => length),
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
    return row ? [stored(message, row)] : [];
  });
}

type Row = Pick<StoredOutboxMessage, 'id' | 'createdAt' | 'stamp'>;

/** Written out, as there are some for each task: to put it together from two objects takes a hundred times as long. */
const stored = (message: OutboxMessage, { id, createdAt, stamp }: Row): StoredOutboxMessage => ({
  kind: message.kind,
  messageId: message.messageId,
  topic: message.topic,
  partition: message.partition,
  key: message.key,
  value: message.value,
  headers: message.headers,
  invocation: message.invocation,
  run: message.run,
  ackMs: message.ackMs,
  server: message.server,
  id,
  createdAt,
  stamp,
});
