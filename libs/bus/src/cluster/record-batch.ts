import { crc32c } from './crc32c.js';
import type { ProduceMessage } from './requests.js';

const MAGIC = 2;
/** Bytes before the records: https://kafka.apache.org/documentation/#recordbatch. */
const HEAD_BYTES = 61;
const CRC_AT = 17;
/** The checksum begins with the attributes. */
const CHECKED_FROM = 21;

type Bytes = string | Buffer;
const sizeOf = (value: Bytes): number =>
  typeof value === 'string' ? Buffer.byteLength(value) : value.length;

/** Bytes of a number as a zigzag varint; 0 ≤ |value| < 2^53. */
function varintSize(value: number): number {
  let left = value >= 0 ? value * 2 : value * -2 - 1;
  let bytes = 1;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes += 1;
  return bytes;
}

/** A batch whose sizes are known: it is written once, into the one buffer that goes to the socket. */
export interface SizedBatch {
  readonly messages: readonly ProduceMessage[];
  readonly firstTimestamp: number;
  /** Of each record, without the length in front of it. */
  readonly bodies: readonly number[];
  readonly bytes: number;
}

export class RecordWriter {
  private at = 0;
  constructor(private readonly buffer: Buffer) {}

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  int8(value: number): void {
    this.at = this.buffer.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.buffer.writeBigInt64BE(value, this.at);
  }

  string(value: string): void {
    const bytes = this.buffer.write(value, this.at + 2);
    this.int16(bytes);
    this.at += bytes;
  }

  /** One batch, version 2, uncompressed; its offsets and its leader's epoch are the broker's to fill in. */
  batch({ messages, firstTimestamp: first, bodies, bytes }: SizedBatch): void {
    const { buffer } = this;
    const start = this.at;
    const last = messages.reduce((most, { timestamp }) => Math.max(most, timestamp), -Infinity);
    buffer.writeBigInt64BE(0n, start);
    buffer.writeInt32BE(bytes - 12, start + 8);
    buffer.writeInt32BE(0, start + 12);
    buffer.writeInt8(MAGIC, start + 16);
    buffer.writeInt16BE(0, start + CHECKED_FROM);
    buffer.writeInt32BE(messages.length - 1, start + 23);
    buffer.writeBigInt64BE(BigInt(first), start + 27);
    buffer.writeBigInt64BE(BigInt(last), start + 35);
    // No idempotent producer: id, epoch and sequence as kafkajs gives them.
    buffer.writeBigInt64BE(-1n, start + 43);
    buffer.writeInt16BE(0, start + 51);
    buffer.writeInt32BE(0, start + 53);
    buffer.writeInt32BE(messages.length, start + 57);
    this.at = start + HEAD_BYTES;
    messages.forEach((message, index) =>
      this.record(message, bodies[index] ?? 0, message.timestamp - first, index),
    );
    const end = start + bytes;
    if (this.at !== end) throw new Error(`a batch of ${this.at - start} bytes was counted as ${bytes}`);
    buffer.writeUInt32BE(crc32c(buffer.subarray(start + CHECKED_FROM, end)), start + CRC_AT);
  }

  private record({ key, value, headers }: ProduceMessage, body: number, time: number, offset: number): void {
    this.varint(body);
    this.buffer[this.at++] = 0;
    this.varint(time);
    this.varint(offset);
    this.sized(key);
    this.sized(value);
    this.varint(countOf(headers));
    for (const name in headers) {
      this.sized(name);
      this.sized(headers[name] ?? null);
    }
  }

  private sized(value: Bytes | null): void {
    if (value === null) return this.varint(-1);
    this.varint(sizeOf(value));
    if (typeof value === 'string') this.at += this.buffer.write(value, this.at);
    else {
      this.buffer.set(value, this.at);
      this.at += value.length;
    }
  }

  private varint(value: number): void {
    let left = value >= 0 ? value * 2 : value * -2 - 1;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.buffer[this.at++] = (left % 0x80) | 0x80;
    this.buffer[this.at++] = left;
  }
}

const sizedSize = (value: Bytes | null): number => {
  if (value === null) return 1;
  const size = sizeOf(value);
  return varintSize(size) + size;
};

function countOf(headers: ProduceMessage['headers']): number {
  let count = 0;
  for (const _name in headers) count += 1;
  return count;
}

function bodySize(
  { key, value, headers }: Pick<ProduceMessage, 'key' | 'value' | 'headers'>,
  time: number,
  offset: number,
): number {
  let size = 1 + varintSize(time) + varintSize(offset) + sizedSize(key) + sizedSize(value);
  size += varintSize(countOf(headers));
  for (const name in headers) size += sizedSize(name) + sizedSize(headers[name] ?? null);
  return size;
}

/** What `RecordWriter.batch` will write. */
export function sizedBatch(messages: readonly ProduceMessage[]): SizedBatch {
  // Not spread: there may be more messages than a call takes arguments.
  const firstTimestamp = messages.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
  const bodies = messages.map((message, index) =>
    bodySize(message, message.timestamp - firstTimestamp, index),
  );
  const bytes = bodies.reduce((sum, body) => sum + varintSize(body) + body, HEAD_BYTES);
  return { messages, firstTimestamp, bodies, bytes };
}
