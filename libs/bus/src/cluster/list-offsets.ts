import { roomFor } from '../kafkajs/create-request.js';
import { BytesWriter } from './bytes-writer.js';
import { answerAsIs } from './requests.js';
import type { RawBroker } from '../kafkajs/internals.js';

export interface ListOffsetsAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly offset: string;
    }[];
  }[];
}
export interface OffsetsWanted {
  readonly topic: string;
  readonly partitions: readonly number[];
}
export const LATEST = -1;
export const EARLIEST = -2;
const NO_REPLICA = -1;
const READ_UNCOMMITTED = 0;
/** From here on a request says what it reads, and has one offset for each partition. */
const FIRST_VERSION_WITH_ISOLATION = 2;
const PARTITION_BYTES = 4 + 8;

/**
 * The end is the log's end, not the last stable offset: a position of a reader that sees committed records only
 * gets there as soon as open transactions end.
 */
export function listOffsets(
  broker: RawBroker,
  wanted: readonly OffsetsWanted[],
  timestamp: number,
): Promise<ListOffsetsAnswer> {
  const topics = wanted.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({ partition, timestamp })),
  }));
  const args = { isolationLevel: READ_UNCOMMITTED, topics };
  return answerAsIs(broker, 'ListOffsets', args, ({ apiVersion }) =>
    apiVersion >= FIRST_VERSION_WITH_ISOLATION ? encodeListOffsets(wanted, timestamp) : null,
  );
}

/**
 * Versions 2 and 3, in a buffer by `roomFor`. A coordinator asks twice a second for all partitions, and kafkajs makes
 * three buffers for each: that was a good part of what it does when idle.
 */
export function encodeListOffsets(wanted: readonly OffsetsWanted[], timestamp: number): Buffer {
  const bytes = wanted.reduce(
    (sum, { topic, partitions }) =>
      sum + 2 + Buffer.byteLength(topic) + 4 + partitions.length * PARTITION_BYTES,
    4 + 1 + 4,
  );
  const time = BigInt(timestamp);
  const writer = new BytesWriter(roomFor(bytes));
  writer.int32(NO_REPLICA);
  writer.int8(READ_UNCOMMITTED);
  writer.int32(wanted.length);
  for (const { topic, partitions } of wanted) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const partition of partitions) {
      writer.int32(partition);
      writer.int64(time);
    }
  }
  return writer.bytes;
}
