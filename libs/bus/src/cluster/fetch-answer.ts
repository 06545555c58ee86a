import { FetchedRecord, HeaderMemory } from './fetched-record.js';
import { RecordCursor } from './record-cursor.js';

/** What was read of one partition. */
export interface PlainPartition {
  readonly partition: number;
  readonly records: readonly FetchedRecord[];
  /** Of all values together. */
  readonly bytes: number;
  /** After the last whole batch, whatever compaction has left of it; undefined: there is none. */
  readonly nextOffset: bigint | undefined;
}

export interface PlainTopic {
  readonly topicName: string;
  readonly partitions: readonly PlainPartition[];
}

/** An answer in which nothing is compressed, part of a transaction, of an old format, or an error. */
export class PlainAnswer {
  constructor(
    /** In milliseconds; kafkajs waits for so long before the next request. */
    readonly clientSideThrottleTime: number,
    readonly errorCode: number,
    readonly sessionId: number,
    readonly responses: readonly PlainTopic[],
  ) {}
}

/** Of a record batch: https://kafka.apache.org/documentation/#recordbatch. */
const LENGTH_AT = 8;
const LENGTH_END = 12;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const FIRST_TIME_AT = 27;
const MAX_TIME_AT = 35;
const COUNT_AT = 57;
const HEAD_BYTES = 61;

const MAGIC = 2;
const LOG_APPEND_TIME = 0x08;
/** The rest: compressed, in a transaction, a control batch. */
const PLAIN_ATTRIBUTES = LOG_APPEND_TIME;

/**
 * The answer to a fetch of version 11 whose records are plain, in one pass; null: something in it is for kafkajs to
 * read, which makes several objects and promises for each record and knows all that there may be.
 */
export function readPlainAnswer(raw: Buffer): PlainAnswer | null {
  const reader = new AnswerReader(raw);
  const throttleMs = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responses: PlainTopic[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topicName = reader.string();
    const partitions: PlainPartition[] = [];
    for (let left = reader.int32(); left > 0; left--) {
      const partition = reader.partition(topicName);
      if (partition === null) return null;
      partitions.push(partition);
    }
    responses.push({ topicName, partitions });
  }
  return new PlainAnswer(throttleMs, errorCode, sessionId, responses);
}

class AnswerReader {
  private at = 0;
  private readonly memory: HeaderMemory;

  constructor(private readonly raw: Buffer) {
    this.memory = new HeaderMemory(raw);
  }

  int16(): number {
    this.at += 2;
    return this.raw.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.raw.readInt32BE(this.at - 4);
  }

  string(): string {
    const length = this.int16();
    this.at += length;
    return this.raw.toString('utf8', this.at - length, this.at);
  }

  partition(topic: string): PlainPartition | null {
    const partition = this.int32();
    const errorCode = this.int16();
    this.at += 3 * 8; // high watermark, last stable offset, the log's start
    const aborted = this.int32();
    if (errorCode !== 0 || aborted > 0) return null;
    this.at += 4; // preferred replica
    const end = this.int32() + this.at;
    const read: FetchedRecord[] = [];
    let bytes = 0;
    let nextOffset: bigint | undefined;
    // The last batch may be cut off: the broker fills an answer up to its size.
    while (this.at + HEAD_BYTES <= end) {
      const batchEnd = this.at + LENGTH_END + this.raw.readInt32BE(this.at + LENGTH_AT);
      if (this.raw[this.at + MAGIC_AT] !== MAGIC) return null;
      if (batchEnd > end) break;
      if ((this.raw.readInt16BE(this.at + ATTRIBUTES_AT) & ~PLAIN_ATTRIBUTES) !== 0) return null;
      bytes += this.batch(topic, partition, read);
      const last = this.raw.readInt32BE(this.at + LAST_DELTA_AT);
      nextOffset = this.raw.readBigInt64BE(this.at) + BigInt(last) + 1n;
      this.at = batchEnd;
    }
    this.at = Math.max(this.at, end);
    return { partition, records: read, bytes, nextOffset };
  }

  /** @returns bytes of the values */
  private batch(topic: string, partition: number, read: FetchedRecord[]): number {
    const { raw, at, memory } = this;
    const firstOffset = Number(raw.readBigInt64BE(at));
    const firstTime = Number(raw.readBigInt64BE(at + FIRST_TIME_AT));
    const isAppendTime = (raw.readInt16BE(at + ATTRIBUTES_AT) & LOG_APPEND_TIME) !== 0;
    const appendTime = isAppendTime ? Number(raw.readBigInt64BE(at + MAX_TIME_AT)) : 0;
    const cursor = new RecordCursor(raw, at + HEAD_BYTES);
    let bytes = 0;
    for (let left = raw.readInt32BE(at + COUNT_AT); left > 0; left--) {
      const length = cursor.varint();
      const end = cursor.at + length;
      cursor.at += 1; // attributes, of which there are none
      const time = cursor.varint();
      const offset = BigInt(firstOffset + cursor.varint());
      const keyBytes = cursor.varint();
      const keyAt = cursor.at;
      const keyEnd = keyAt + keyBytes;
      cursor.at = Math.max(keyAt, keyEnd);
      const valueBytes = cursor.varint();
      const valueAt = cursor.at;
      const valueEnd = valueAt + valueBytes;
      const headersAt = Math.max(valueAt, valueEnd);
      const places = { keyAt, keyEnd, valueAt, valueEnd, headersAt, end };
      const timestampMs = isAppendTime ? appendTime : firstTime + time;
      read.push(new FetchedRecord(topic, partition, offset, timestampMs, raw, places, memory));
      bytes += headersAt - valueAt;
      cursor.at = end;
    }
    return bytes;
  }
}
