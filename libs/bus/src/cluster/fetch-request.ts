import { roomFor } from '../kafkajs/create-request.js';
import { BytesWriter } from './bytes-writer.js';
import type { FetchPlan } from './fetch-session.js';
import type { TopicPartition } from '../port.js';

/** The fetch version that is spoken with every broker since 2.3. */
export const FETCH_VERSION = 11;
/** Before the topics: replica, wait, bytes, isolation, session; after them: the rack. */
const FIXED_BYTES = 4 * 4 + 1 + 2 * 4 + 2 * 4 + 2;
const PARTITION_BYTES = 4 + 4 + 8 + 8 + 4;
const NO_REPLICA = -1;
const READ_COMMITTED = 1;
const UNKNOWN = -1;

export interface FetchLimits {
  readonly maxWaitMs: number;
  /** It is answered when there are so many, or after `maxWaitMs`. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
}

interface TopicGroup<T extends TopicPartition> {
  readonly topic: string;
  readonly partitions: T[];
}

/** Those of one topic that follow each other. */
function byTopic<T extends TopicPartition>(list: readonly T[]): TopicGroup<T>[] {
  const groups: TopicGroup<T>[] = [];
  for (const one of list) {
    const last = groups.at(-1);
    if (last?.topic === one.topic) last.partitions.push(one);
    else groups.push({ topic: one.topic, partitions: [one] });
  }
  return groups;
}

const sizeOf = (groups: readonly TopicGroup<TopicPartition>[], each: number): number =>
  groups.reduce(
    (sum, { topic, partitions }) => sum + 2 + Buffer.byteLength(topic) + 4 + partitions.length * each,
    0,
  );

/** https://kafka.apache.org/protocol#The_Messages_Fetch; in a buffer by `roomFor`. */
export function encodeFetch(plan: FetchPlan, limits: FetchLimits): Buffer {
  const changed = byTopic(plan.changed);
  const forgotten = byTopic(plan.forgotten);
  const size = FIXED_BYTES + sizeOf(changed, PARTITION_BYTES) + sizeOf(forgotten, 4);
  const writer = new BytesWriter(roomFor(size));
  writer.int32(NO_REPLICA);
  writer.int32(limits.maxWaitMs);
  writer.int32(limits.minBytes);
  writer.int32(limits.maxBytes);
  writer.int8(READ_COMMITTED);
  writer.int32(plan.sessionId);
  writer.int32(plan.sessionEpoch);
  writer.int32(changed.length);
  for (const { topic, partitions } of changed) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition, offset } of partitions) {
      writer.int32(partition);
      writer.int32(UNKNOWN); // the leader's epoch
      writer.int64(BigInt(offset));
      writer.int64(BigInt(UNKNOWN)); // a follower's log start
      writer.int32(limits.maxBytesPerPartition);
    }
  }
  writer.int32(forgotten.length);
  for (const { topic, partitions } of forgotten) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition } of partitions) writer.int32(partition);
  }
  writer.string('');
  return writer.bytes;
}
