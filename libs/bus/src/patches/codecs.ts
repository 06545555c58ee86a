import { createRequire } from 'node:module';
import { decompress as unzstd } from 'fzstd';
import { BusError } from '../errors.js';
import { kafkajs } from '../kafkajs/internals.js';

interface Snappy {
  compress(input: Buffer): Buffer;
  uncompress(input: Buffer, maxLength?: number): Buffer;
}
interface Lz4 {
  decompress(input: Uint8Array): Uint8Array;
  decompressBound(input: Uint8Array): number;
}
interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(input: Buffer): Promise<Buffer>;
}

const require = createRequire(import.meta.url);
// Loaded by the first batch that is packed so: hardly any coordinator meets one.
const snappy = (): Snappy => require('snappyjs') as Snappy;
const lz4 = (): Lz4 => require('lz4js') as Lz4;

/** A batch that unpacks to more is not read: it could only come from somebody who wants to fill our memory. */
const MAX_UNPACKED_BYTES = 128 * 1024 * 1024;

/** Java's snappy stream: this magic, two int32 versions, then blocks of an int32 size and that many bytes. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

export function unsnappy(input: Buffer): Buffer {
  if (!input.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    return snappy().uncompress(input, MAX_UNPACKED_BYTES);
  }
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = XERIAL_HEADER_BYTES; at < input.length;) {
    const size = input.readInt32BE(at);
    const block = snappy().uncompress(input.subarray(at + 4, at + 4 + size), MAX_UNPACKED_BYTES - total);
    blocks.push(block);
    total += block.length;
    at += 4 + size;
  }
  return Buffer.concat(blocks);
}

/** Whole Kafka messages as snappy writes them without Java's framing, which every client reads. */
export const compressSnappy = (input: Buffer): Buffer => snappy().compress(input);

function unlz4(input: Buffer): Buffer {
  if (lz4().decompressBound(input) > MAX_UNPACKED_BYTES) throw new RangeError('larger than what is unpacked');
  return Buffer.from(lz4().decompress(input));
}

function codec(name: string, unpack: (input: Buffer) => Uint8Array, pack?: (input: Buffer) => Buffer): Codec {
  const fail = (what: string, cause?: unknown): BusError =>
    new BusError('corrupt_record', `${name}: ${what}`, { retriable: false, cause });
  return {
    compress: async (encoder) => {
      if (pack === undefined) throw fail('only reading is supported');
      return Promise.resolve(pack(encoder.buffer));
    },
    decompress: async (input) => {
      try {
        return await Promise.resolve(Buffer.from(unpack(input)));
      } catch (error) {
        throw fail('the batch does not unpack', error);
      }
    },
  };
}

const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;

/** Without these, one compressed batch of somebody's producer stops a kafkajs consumer for good. */
export function registerCodecs(): void {
  kafkajs.CompressionCodecs[SNAPPY] = () => codec('snappy', unsnappy, compressSnappy);
  kafkajs.CompressionCodecs[LZ4] = () => codec('lz4', unlz4);
  kafkajs.CompressionCodecs[ZSTD] = () => codec('zstd', unzstd);
}
