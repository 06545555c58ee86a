import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { murmur2, murmur2OfText } from '../src/publisher/murmur2.js';

const ofKafkajs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (
  key: Buffer,
) => number;

test('every key has the hash that kafkajs and the Java client give it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(murmur2(Buffer.from(bytes))).toBe(ofKafkajs(Buffer.from(bytes)));
    }),
    { numRuns: 1_000 },
  );
});

test('a text has the hash of its bytes', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ maxLength: 300 }),
    fc.uuid(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(murmur2OfText(text)).toBe(murmur2(Buffer.from(text)));
    }),
  );
  const long = 'é'.padStart(256, 'a');
  expect(murmur2OfText(long)).toBe(murmur2(Buffer.from(long)));
});
