import type { QueryResult } from 'pg';
import {
  outboxRows,
  type Changes,
  type OutboxMessage,
  type StoredOutboxMessage,
} from '../../../coordination/ports/index.js';
import { joinMessages } from '../../sql/joined-messages.js';
import { prepared, rowsOf, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

// In the order of the index, so that two who remove the same rows do not wait for each other; and row by row in it,
// whatever the statistics of a table say whose rows live for moments.
const remove = prepared(
  'outbox_remove',
  `DELETE FROM outbox WHERE id = ANY ($1::bigint[] || ARRAY(
     SELECT v.id FROM unnest($2::text[]) AS w (invocation) CROSS JOIN LATERAL (
       SELECT o.id FROM outbox o WHERE o.invocation = w.invocation AND o.ack_ms IS NOT NULL OFFSET 0
     ) AS v
   ))`,
);

// One answer instead of one for each row; when they were made is when the transaction began, and so is their stamp.
const insert = prepared(
  'outbox_insert',
  `WITH inserted AS (
     INSERT INTO outbox (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server,
       messages, stamp)
     SELECT kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server, messages,
       coalesce(${at('$13::float8')}, now())
     FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bytea[], $6::bytea[], $7::jsonb[], $8::text[],
       $9::text[], $10::bigint[], $11::text[], $12::int[])
       WITH ORDINALITY
       AS w (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server, messages, n)
     ORDER BY n
     RETURNING id
   )
   SELECT string_agg(id::text, ' ' ORDER BY id) AS ids FROM inserted`,
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

/** @param stamp epoch ms; null: when the transaction began */
export function insertOutbox(messages: readonly OutboxMessage[], stamp: number | null = null): Statement[] {
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
      stamp,
    ),
  ];
}

/**
 * Ids were given in the order of the rows.
 * @param clock when the transaction began: epoch ms, database clock
 * @param stamp what was given as such
 */
export function storedOutbox(
  messages: readonly OutboxMessage[],
  result: QueryResult | undefined,
  clock: number,
  stamp = clock,
): readonly StoredOutboxMessage[] {
  const [inserted] = rowsOf<{ readonly ids: string }>(result);
  const ids = inserted?.ids.split(' ') ?? [];
  const { rowOf: indexes } = outboxRows(messages);
  return messages.flatMap((message, n) => {
    const id = ids[indexes[n] ?? -1];
    return id === undefined ? [] : [{ ...message, id, createdAt: clock, stamp }];
  });
}
