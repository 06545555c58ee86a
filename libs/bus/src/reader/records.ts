import { internals } from '../kafkajs/internals.js';
import type { FetchedPartitionData, RawMessage } from '../kafkajs/internals.js';
import type { BusRecord } from '../port.js';

export function toRecord(topic: string, partition: number, message: RawMessage): BusRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers,
  };
}

export interface FetchedRecords {
  readonly records: readonly BusRecord[];
  /** Beyond control records, aborted transactions and what compaction removed. */
  readonly nextOffset: bigint;
}

/** The committed records of a fetched partition from `position` on. */
export function recordsOf(topic: string, position: bigint, data: FetchedPartitionData): FetchedRecords {
  if (data.messages.length === 0) return { records: [], nextOffset: position };
  const batch = new internals.Batch(topic, position.toString(), data);
  const last = batch.isEmptyIncludingFiltered() ? position - 1n : BigInt(batch.lastOffset());
  return {
    records: batch.messages.map((message) => toRecord(topic, data.partition, message)),
    nextOffset: last + 1n,
  };
}
