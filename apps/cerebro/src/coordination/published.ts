import type { OutboxMessage, OutboxRow } from './ports/index.js';

/** What is known of a row of the outbox. */
export interface Published {
  readonly row: string;
  /** Places of those of its messages that are not owed any more; null: all of them. */
  readonly settled: readonly number[] | null;
  /** Invokes of it that Kafka has. */
  readonly invokes: readonly { readonly run: string; readonly invocation: string }[];
}

/**
 * @param written messages of the row that are known to be in Kafka
 * @param obsolete messages of it that are not to be sent any more
 */
export function publishedOf(
  { id: row, messages, places }: OutboxRow,
  written: readonly OutboxMessage[],
  obsolete: readonly OutboxMessage[] = [],
): readonly Published[] {
  const invokes = written.flatMap(({ run, invocation, ackMs }) =>
    run !== null && invocation !== null && ackMs !== null ? [{ run, invocation }] : [],
  );
  const done = written.length + obsolete.length;
  if (done === messages.length) return [{ row, settled: null, invokes }];
  if (done === 0) return [];
  const known = new Set([...written, ...obsolete]);
  const settled = messages.flatMap((message, at) => (known.has(message) ? [places?.[at] ?? at] : []));
  return [{ row, settled, invokes }];
}
