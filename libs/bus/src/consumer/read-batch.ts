import type { Batch } from 'kafkajs';
import type { PlainPartition } from '../cluster/fetch-answer.js';
import type { FetchedBatch, RawMessage } from '../kafkajs/internals.js';
import type { BusRecord } from '../port.js';
import { toRecord } from '../reader/records.js';
import type { Portion } from './lane.js';

/** What a fetch gave for one partition, with all that kafkajs asks of a batch that it hands to its workers. */
export class ReadBatch implements FetchedBatch {
  private constructor(
    readonly topic: string,
    readonly partition: number,
    readonly fetchedOffset: string,
    readonly portion: Portion,
    readonly highWatermark: string,
  ) {}

  /** Null: nothing has come. */
  static of(this: void, topic: string, fetchedOffset: string, data: PlainPartition): ReadBatch | null {
    const { partition, highWatermark, nextOffset, bytes } = data;
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
    return new ReadBatch(topic, partition, fetchedOffset, portion, highWatermark.toString());
  }

  get rawMessages(): readonly BusRecord[] {
    return this.portion.records;
  }

  get messages(): readonly BusRecord[] {
    return this.portion.records;
  }

  /** Also one without records moves the position. */
  isEmpty(): boolean {
    return false;
  }

  isEmptyDueToFiltering(): boolean {
    return false;
  }

  firstOffset(): string {
    return this.fetchedOffset;
  }

  lastOffset(): string {
    return (this.portion.nextOffset - 1n).toString();
  }

  offsetLag(): string {
    return (BigInt(this.highWatermark) - this.portion.nextOffset).toString();
  }

  offsetLagLow(): string {
    return (BigInt(this.highWatermark) - 1n - this.portion.fetchedOffset).toString();
  }
}

/** Of a batch as kafkajs hands it to a worker, whoever has taken it apart. */
export function portionOf(batch: Batch | ReadBatch): Portion {
  if (batch instanceof ReadBatch) return batch.portion;
  const { topic, partition, messages, fetchedOffset } = batch as Batch & { readonly fetchedOffset: string };
  return {
    fetchedOffset: BigInt(fetchedOffset),
    nextOffset: BigInt(batch.lastOffset()) + 1n,
    records: messages.map((message) => toRecord(topic, partition, message as RawMessage)),
    bytes: messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
  };
}
