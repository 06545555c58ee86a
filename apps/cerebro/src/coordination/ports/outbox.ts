export type OutboxKind = 'command' | 'fact' | 'registration' | 'dead-letter';

/** A message that leaves with the transaction. `expiresAt` and `lease` of an invoke are added when it is published. */
export interface OutboxMessage {
  readonly kind: OutboxKind;
  /** Unique; header `cordyna-message` of a command or dead letter, by which the sweeper finds its record again. */
  readonly messageId: string;
  readonly topic: string;
  /** Fixed for commands and dead letters; null lets the partitioner choose by key. */
  readonly partition: number | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: { readonly [name: string]: string };
  /** Of an invoke, which is not sent any more when the attempt has ended before anybody knows it to be published. */
  readonly invocation: string | null;
  readonly run: string | null;
  /** Of an invoke, else null. */
  readonly ackMs: number | null;
  /** Of commands and accepted declarations: the server whose command topic must exist. */
  readonly server: string | null;
}

/** What one commit has to send. The row goes once nothing of it is owed any more. */
export interface OutboxRow {
  readonly id: string;
  /** Those that are still owed, in their order. */
  readonly messages: readonly OutboxMessage[];
  /** Of each of them which message of the commit it is, from 0; null: they are all of them. */
  readonly places: readonly number[] | null;
  /** Epoch ms, database clock: when the row was written. */
  readonly createdAt: number;
  /** Epoch ms, database clock: the timestamp of the records, checked by the broker. */
  readonly stamp: number;
}

/** The row as if it owed nothing but these. */
export function restOf(
  row: OutboxRow,
  isOwed: (message: OutboxMessage, place: number) => boolean,
): OutboxRow {
  const messages: OutboxMessage[] = [];
  const places: number[] = [];
  row.messages.forEach((message, at) => {
    const place = row.places?.[at] ?? at;
    if (!isOwed(message, place)) return;
    messages.push(message);
    places.push(place);
  });
  return { ...row, messages, places };
}
