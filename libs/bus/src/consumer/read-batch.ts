import type { Batch } from 'kafkajs';
import type { PlainPartition } from '../cluster/fetch-answer.js';
import type { RawMessage } from '../kafkajs/internals.js';
import { toRecord } from '../reader/records.js';
import type { Portion } from './lane.js';

/** What a fetch gave for one partition. */
export class ReadBatch {
  private constructor(
    readonly topic: string,
    readonly partition: number,
    readonly fetchedOffset: string,
    readonly portion: Portion,
  ) {}

  /** Null: nothing has come. */
  static of(this: void, topic: string, fetchedOffset: string, data: PlainPartition): ReadBatch | null {
    const { partition, nextOffset, bytes } = data;
    if (nextOffset === undefined) return null;
    const from = BigInt(fetchedOffset);
    // Batches come whole: the first one may begin before what was asked for.
    const first = data.records.findIndex(({ offset }) => offset >= from);
    const records = first === 0 ? data.records : first < 0 ? [] : data.records.slice(first);
    const portion = {
      fetchedOffset: from,
      nextOffset: nextOffset > from ? nextOffset : from,
      records,
      bytes,
    };
    return new ReadBatch(topic, partition, fetchedOffset, portion);
  }

  lastOffset(): string {
    return (this.portion.nextOffset - 1n).toString();
  }
}

/** Of a batch as kafkajs hands it to a worker. */
export function portionOf(batch: Batch): Portion {
  const { topic, partition, messages, fetchedOffset } = batch as Batch & { readonly fetchedOffset: string };
  return {
    fetchedOffset: BigInt(fetchedOffset),
    nextOffset: BigInt(batch.lastOffset()) + 1n,
    records: messages.map((message) => toRecord(topic, partition, message as RawMessage)),
    bytes: messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
  };
}
