import kafkajs from 'kafkajs';
import { createRequire } from 'node:module';

/** In Kafka's batch attributes. */
export const SNAPPY = 2;
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1]);
const BLOCK_BYTES = 32 * 1024;

const snappy = createRequire(import.meta.url)('snappyjs') as {
  compress(input: Buffer): Buffer;
};

/** As snappy-java frames it: every Java producer does. */
function javaSnappy(input: Buffer): Buffer {
  const parts: Buffer[] = [MAGIC];
  for (let at = 0; at < input.length; at += BLOCK_BYTES) {
    const block = snappy.compress(input.subarray(at, at + BLOCK_BYTES));
    const size = Buffer.alloc(4);
    size.writeInt32BE(block.length);
    parts.push(size, block);
  }
  return Buffer.concat(parts);
}

/** Makes this file's producers from outside able to write `compression: SNAPPY`. */
export function writeSnappy(): void {
  kafkajs.CompressionCodecs[SNAPPY] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => Promise.resolve(javaSnappy(buffer)),
    decompress: () => Promise.reject(new Error('not read here')),
  });
}
