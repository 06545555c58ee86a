import type { ProduceMessage } from '../cluster/produce-message.js';
import type { BusError } from '../errors.js';
import type { OutMessage, PublishResult } from '../port.js';
import type { TopicPartitionKey } from '../port.js';

/** At most this many bytes of one partition in one request (protocol, "Envelope"). */
export const MAX_PARTITION_BYTES = 900 * 1024;
/** Keeps a request far below what brokers accept, however many partitions it touches. */
export const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
/** Length prefixes, deltas and attributes of a record. */
const RECORD_OVERHEAD_BYTES = 32;

/** A message on its way, with the place where its result goes. */
export interface Outgoing {
  readonly message: OutMessage;
  /** As it goes on the wire. */
  readonly record: ProduceMessage;
  readonly bytes: number;
  settle(result: PublishResult): void;
}

/** Messages of one partition, in order. */
export interface Chunk {
  readonly topic: string;
  readonly partition: number;
  readonly items: readonly Outgoing[];
  readonly bytes: number;
}

export const bytesOf = ({ keyBytes, valueBytes, headers }: ProduceMessage): number =>
  Math.max(keyBytes, 0) + Math.max(valueBytes, 0) + headers.length + RECORD_OVERHEAD_BYTES;

export const keyOf = (topic: string, partition: number): TopicPartitionKey => `${topic}/${partition}`;

/** One partition's messages as chunks of at most `maxBytes`; a larger message is a chunk of its own. */
export function split(
  topic: string,
  partition: number,
  items: readonly Outgoing[],
  maxBytes = MAX_PARTITION_BYTES,
): Chunk[] {
  const chunks: Chunk[] = [];
  let current: Outgoing[] = [];
  let bytes = 0;
  const close = (): void => {
    if (current.length > 0) chunks.push({ topic, partition, items: current, bytes });
    current = [];
    bytes = 0;
  };
  for (const item of items) {
    if (bytes + item.bytes > maxBytes) close();
    current.push(item);
    bytes += item.bytes;
  }
  close();
  return chunks;
}

/** Chunks (of different partitions) as groups, each small enough for one request. */
export function requestsOf(chunks: readonly Chunk[], maxBytes = MAX_REQUEST_BYTES): Chunk[][] {
  const groups: Chunk[][] = [];
  let bytes = Infinity;
  for (const chunk of chunks) {
    if (bytes + chunk.bytes > maxBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(chunk);
    bytes += chunk.bytes;
  }
  return groups;
}

/**
 * Whether a refused chunk may hold messages that are fine: then its halves are sent one after the other. The broker
 * takes or refuses a partition's batch as a whole, so nothing of a refused one is in the log.
 */
export function mayHoldGood(chunk: Chunk, error: BusError): boolean {
  if (chunk.items.length < 2 || error.outcome !== 'refused') return false;
  if (error.code === 'invalid_timestamp') {
    const [first] = chunk.items;
    return chunk.items.some(({ message }) => message.timestampMs !== first?.message.timestampMs);
  }
  return error.code === 'too_large' || error.code === 'invalid_record';
}

export function halvesOf(chunk: Chunk): [Chunk, Chunk] {
  const middle = Math.ceil(chunk.items.length / 2);
  const part = (items: readonly Outgoing[]): Chunk => ({
    topic: chunk.topic,
    partition: chunk.partition,
    items,
    bytes: items.reduce((sum, item) => sum + item.bytes, 0),
  });
  return [part(chunk.items.slice(0, middle)), part(chunk.items.slice(middle))];
}
