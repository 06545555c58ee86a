import type { BusBatch, BusRecord } from '../port.js';

/** A record that cannot be read: data like any other, never an exception. */
export interface Poison {
  readonly ok: false;
  readonly reason: string;
  readonly detail: string;
}

/** Gives `{ ok: true, … }` for what can be read. One that throws makes poison with the reason `handler_failed`. */
export type Decode<D extends { readonly ok: boolean }> = (topicKind: string, record: BusRecord) => D;

export interface DecodedRecord<D> {
  readonly record: BusRecord;
  readonly decoded: D | Poison;
}

/** A batch of one partition of a topic of one kind. */
export interface DecodedBatch<D> extends Omit<BusBatch, 'records'> {
  readonly topicKind: string;
  /** May be empty: then only the position moves. */
  readonly records: readonly DecodedRecord<D>[];
}

export function decodeBatch<D extends { readonly ok: boolean }>(
  topicKind: string,
  batch: BusBatch,
  decode: Decode<D>,
): DecodedBatch<D> {
  const records = batch.records.map((record) => ({
    record,
    decoded: decodeSafely(topicKind, record, decode),
  }));
  const { topic, partition, fetchedOffset, nextOffset } = batch;
  return {
    topicKind,
    topic,
    partition,
    fetchedOffset,
    nextOffset,
    records,
    heartbeat: () => batch.heartbeat(),
    isStale: () => batch.isStale(),
  };
}

function decodeSafely<D extends { readonly ok: boolean }>(
  topicKind: string,
  record: BusRecord,
  decode: Decode<D>,
): D | Poison {
  try {
    return decode(topicKind, record);
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { ok: false, reason: 'handler_failed', detail };
  }
}
