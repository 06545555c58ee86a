import type { OutboxMessage } from './store.js';

/** Of one row, so that a row that must be sent again is no large one. */
const MAX_MESSAGES = 64;
const MAX_BYTES = 64 * 1024;

export interface OutboxRows {
  /** The messages of each row. */
  readonly rows: readonly (readonly OutboxMessage[])[];
  /** For each message its row. */
  readonly rowOf: readonly number[];
}

/**
 * Which messages of a commit are one row of the outbox: facts, which may be published more than once, are joined. They
 * have the row's id in common, which is gone only once Kafka has all of them. Whatever is fenced has a row of its own.
 */
export function outboxRows(messages: readonly OutboxMessage[]): OutboxRows {
  const rows: OutboxMessage[][] = [];
  const rowOf: number[] = [];
  let open = -1;
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    const isFact = message.kind === 'fact';
    const current = rows[open];
    const [first] = current ?? [];
    const fits =
      isFact && first && canJoin(first, message) && bytes + size <= MAX_BYTES && current
        ? current.length < MAX_MESSAGES
        : false;
    if (fits) current?.push(message);
    else rows.push([message]);
    const row = fits ? open : rows.length - 1;
    rowOf.push(row);
    if (!isFact) continue;
    bytes = fits ? bytes + size : size;
    open = row;
  }
  return { rows, rowOf };
}

const canJoin = (a: OutboxMessage, b: OutboxMessage): boolean =>
  a.topic === b.topic &&
  a.partition === b.partition &&
  (a.headers === b.headers || JSON.stringify(a.headers) === JSON.stringify(b.headers));
