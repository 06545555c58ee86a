import { internals } from '../kafkajs/internals.js';
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

/** Sizes are computed first, so that all is written once, into the one buffer that goes to the socket. */
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
  batch(messages: readonly ProduceMessage[], bytes: number): void {
    const { buffer } = this;
    const start = this.at;
    const times = messages.map(({ timestamp }) => timestamp);
    // Not spread: there may be more messages than a call takes arguments.
    const first = times.reduce((least, time) => Math.min(least, time), Infinity);
    const last = times.reduce((most, time) => Math.max(most, time), -Infinity);
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
    messages.forEach((message, index) => this.record(message, message.timestamp - first, index));
    const end = start + bytes;
    if (this.at !== end) throw new Error(`a batch of ${this.at - start} bytes was counted as ${bytes}`);
    buffer.writeUInt32BE(internals.crc32C(buffer.subarray(start + CHECKED_FROM, end)), start + CRC_AT);
  }

  private record({ key, value, headers }: ProduceMessage, time: number, offset: number): void {
    this.varint(bodySize({ key, value, headers }, time, offset));
    this.buffer[this.at++] = 0;
    this.varint(time);
    this.varint(offset);
    this.sized(key);
    this.sized(value);
    const entries = headers === undefined ? [] : Object.entries(headers);
    this.varint(entries.length);
    for (const [name, given] of entries) {
      this.sized(name);
      this.sized(given);
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

function bodySize(
  { key, value, headers }: Pick<ProduceMessage, 'key' | 'value' | 'headers'>,
  time: number,
  offset: number,
): number {
  let size = 1 + varintSize(time) + varintSize(offset) + sizedSize(key) + sizedSize(value);
  const entries = headers === undefined ? [] : Object.entries(headers);
  size += varintSize(entries.length);
  for (const [name, given] of entries) size += sizedSize(name) + sizedSize(given);
  return size;
}

/** What `RecordWriter.batch` will write. */
export function batchBytes(messages: readonly ProduceMessage[]): number {
  const first = messages.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
  return messages.reduce((sum, message, index) => {
    const body = bodySize(message, message.timestamp - first, index);
    return sum + varintSize(body) + body;
  }, HEAD_BYTES);
}
