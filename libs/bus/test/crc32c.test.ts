import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from '../src/cluster/crc32c.js';
import { internals } from '../src/kafkajs/internals.js';

const kafkajsCrc32c = internals.require<(bytes: Buffer) => number>(
  'kafkajs/src/protocol/recordBatch/crc32C/index.js',
);

test('the checksum is the one of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

test('the checksum of any bytes is the one that kafkajs gives them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, from) => {
      const part = Buffer.from(bytes).subarray(from);
      expect(crc32c(part)).toBe(kafkajsCrc32c(part));
    }),
  );
});
