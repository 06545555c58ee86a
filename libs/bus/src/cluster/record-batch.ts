import { BytesWriter, varintSize } from './bytes-writer.js';
import { crc32c } from './crc32c.js';
import { measured, type ProduceMessage } from './produce-message.js';

const MAGIC = 2;
/** Bytes before the records: https://kafka.apache.org/documentation/#recordbatch. */
const HEAD_BYTES = 61;
const CRC_AT = 17;
/** The checksum begins with the attributes. */
const CHECKED_FROM = 21;

/** A batch whose sizes are known: it is written once, into the one buffer that goes to the socket. */
export interface SizedBatch {
  readonly messages: readonly ProduceMessage[];
  /** Of those that say no time of their own. */
  readonly nowMs: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  /** Of each record, without the length in front of it. */
  readonly bodies: readonly number[];
  readonly bytes: number;
}

export class RecordWriter extends BytesWriter {
  /** One batch, version 2, uncompressed; its offsets and its leader's epoch are the broker's to fill in. */
  batch({ messages, nowMs, firstTimestamp: first, lastTimestamp, bodies, bytes }: SizedBatch): void {
    const { buffer } = this;
    const start = this.at;
    buffer.writeBigInt64BE(0n, start);
    buffer.writeInt32BE(bytes - 12, start + 8);
    buffer.writeInt32BE(0, start + 12);
    buffer.writeInt8(MAGIC, start + 16);
    buffer.writeInt16BE(0, start + CHECKED_FROM);
    buffer.writeInt32BE(messages.length - 1, start + 23);
    buffer.writeBigInt64BE(BigInt(first), start + 27);
    buffer.writeBigInt64BE(BigInt(lastTimestamp), start + 35);
    // No idempotent producer: id, epoch and sequence as kafkajs gives them.
    buffer.writeBigInt64BE(-1n, start + 43);
    buffer.writeInt16BE(0, start + 51);
    buffer.writeInt32BE(0, start + 53);
    buffer.writeInt32BE(messages.length, start + 57);
    this.at = start + HEAD_BYTES;
    messages.forEach((message, index) => {
      this.record(message, bodies[index] ?? 0, (message.timestampMs ?? nowMs) - first, index);
    });
    const end = start + bytes;
    if (this.at !== end) throw new Error(`a batch of ${this.at - start} bytes was counted as ${bytes}`);
    buffer.writeUInt32BE(crc32c(buffer.subarray(start + CHECKED_FROM, end)), start + CRC_AT);
  }

  private record(message: ProduceMessage, body: number, time: number, offset: number): void {
    this.varint(body);
    this.buffer[this.at++] = 0;
    this.varint(time);
    this.varint(offset);
    this.sized(message.key, message.keyBytes);
    this.sized(message.value, message.valueBytes);
    this.raw(message.headers);
  }
}

const sizedSize = (bytes: number): number => varintSize(bytes) + Math.max(bytes, 0);

/** What `RecordWriter.batch` will write. @param nowMs the time of messages that have none */
export function sizedBatch(messages: readonly ProduceMessage[], nowMs: number): SizedBatch {
  let firstTimestamp = Infinity;
  let lastTimestamp = -Infinity;
  for (const { timestampMs = nowMs } of messages) {
    if (timestampMs < firstTimestamp) firstTimestamp = timestampMs;
    if (timestampMs > lastTimestamp) lastTimestamp = timestampMs;
  }
  const bodies: number[] = [];
  let bytes = HEAD_BYTES;
  for (const { timestampMs = nowMs, keyBytes, valueBytes, headers } of messages) {
    const prefix = 1 + varintSize(timestampMs - firstTimestamp) + varintSize(bodies.length);
    const body = prefix + sizedSize(keyBytes) + sizedSize(valueBytes) + headers.length;
    bodies.push(body);
    bytes += varintSize(body) + body;
  }
  return { messages, nowMs, firstTimestamp, lastTimestamp, bodies, bytes };
}

/** What messages that leave at the same moment, to so many partitions, will take in the log. */
export const bytesInBatches = (
  messages: readonly Parameters<typeof measured>[0][],
  partitions: number,
): number =>
  messages.length === 0 ? 0 : sizedBatch(messages.map(measured), 0).bytes + (partitions - 1) * HEAD_BYTES;
