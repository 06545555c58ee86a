import { internals } from '../kafkajs/internals.js';
import type { ProtocolRequest } from '../kafkajs/internals.js';

/** The fetch version that kafkajs speaks with every broker since 2.3; others are left alone. */
const FETCH_VERSION = 11;
const MAGIC_OF_RECORD_BATCH = 2;
/** Bytes of a record batch before its length field ends; and up to the end of lastOffsetDelta. */
const LENGTH_END = 12;
const HEADER_END = 27;

interface FetchedMessage {
  readonly offset: string;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}
interface FetchedPartition {
  readonly partition: number;
  readonly messages: FetchedMessage[];
}
interface FetchData {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

/** Offset of the last record that the last whole batch had when it was written; undefined: no batch. */
export function lastOffsetOfBatches(records: Buffer): bigint | undefined {
  let last: bigint | undefined;
  for (let at = 0; at + HEADER_END <= records.length;) {
    const size = LENGTH_END + records.readInt32BE(at + 8);
    if (records.readInt8(at + 16) !== MAGIC_OF_RECORD_BATCH || at + size > records.length) break;
    last = records.readBigInt64BE(at) + BigInt(records.readInt32BE(at + 23));
    at += size;
  }
  return last;
}

function lastOffsets(raw: Buffer): Map<string, bigint> {
  const found = new Map<string, bigint>();
  const decoder = new internals.Decoder(raw);
  decoder.readInt32(); // throttle time
  decoder.readInt16(); // error
  decoder.readInt32(); // session
  decoder.readArray((topics) => {
    const topic = topics.readString();
    topics.readArray((partitions) => {
      const partition = partitions.readInt32();
      partitions.readInt16(); // error
      partitions.readInt64(); // high watermark
      partitions.readInt64(); // last stable offset
      partitions.readInt64(); // log start
      partitions.readArray((aborted) => [aborted.readInt64(), aborted.readInt64()]);
      partitions.readInt32(); // preferred replica
      const size = partitions.readInt32();
      const last = size > 0 ? lastOffsetOfBatches(partitions.readBytes(size)) : undefined;
      if (last !== undefined) found.set(`${topic}/${partition}`, last);
    });
  });
  return found;
}

function closeHoles(data: FetchData, raw: Buffer): void {
  const ends = lastOffsets(raw);
  for (const { topicName, partitions } of data.responses) {
    for (const { partition, messages } of partitions) {
      const end = ends.get(`${topicName}/${partition}`);
      const last = messages.at(-1);
      if (end === undefined || (last !== undefined && BigInt(last.offset) >= end)) continue;
      messages.push({
        offset: end.toString(),
        isControlRecord: true,
        batchContext: { producerId: '-1', inTransaction: false },
      });
    }
  }
}

/**
 * Compaction removes the last records of a batch, or all of them while the batch's head stays (it holds the sequence
 * number of an idempotent producer, Java's default). kafkajs takes its position from the records only, so at the end
 * of a segment it would ask for the same offset for ever. A marker that no handler sees stands for what was removed.
 */
export function patchCompactionHoles(): void {
  const fetch = internals.requests['Fetch'];
  if (fetch === undefined) throw new Error('kafkajs has no Fetch request');
  const original = fetch.protocol;
  fetch.protocol = (choice) => {
    const build = original(choice);
    if (choice.version !== FETCH_VERSION) return build;
    return (args): ProtocolRequest => {
      const { request, response, ...rest } = build(args);
      const decode = async (raw: Buffer): Promise<unknown> => {
        const data = (await response.decode(raw)) as FetchData;
        closeHoles(data, raw);
        return data;
      };
      return { ...rest, request, response: { decode, parse: response.parse } };
    };
  };
}
