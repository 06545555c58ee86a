import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { measured } from '../src/cluster/produce-message.js';
import { encodeProduce } from '../src/cluster/requests.js';
import { decodeRecord } from '../src/kafkajs/decode-record.js';
import { internals, originalDecodeRecord } from '../src/kafkajs/internals.js';
import { message } from './fixtures/messages.js';

/** What comes before the first record of a request with one topic of one letter, one partition and one message. */
const BEFORE_RECORD = 2 + 2 + 4 + 4 + 3 + 4 + 4 + 4 + 61;

/** kafkajs takes a header that is called like something every object has for one that came before. */
const isInherited = (name: string): boolean => name in {};

test('a record is decoded as kafkajs decodes it', () => {
  const context = fc.record({
    firstOffset: fc.nat().map(String),
    firstTimestamp: fc.integer({ min: 0, max: 2 ** 42 }).map(String),
    maxTimestamp: fc.constantFrom('0', '1700000000000'),
    timestampType: fc.constantFrom(0, 1),
    magicByte: fc.constant(2),
    isControlBatch: fc.boolean(),
  });
  fc.assert(
    fc.property(message, context, (one, batch) => {
      fc.pre(!Object.keys(one.headers ?? {}).some(isInherited));
      const topics = [{ topic: 't', partitions: [{ partition: 0, messages: [measured(one)] }] }];
      const decoder = new internals.Decoder(encodeProduce(topics, 1).subarray(BEFORE_RECORD));
      const bytes = decoder.readVarIntBytes();
      const read = (decode: typeof decodeRecord) => decode(new internals.Decoder(bytes), batch);
      expect(read(decodeRecord)).toEqual(read(originalDecodeRecord));
    }),
  );
});

test('and it is the one that kafkajs uses', () => {
  expect(internals.require('kafkajs/src/protocol/recordBatch/record/v0/decoder.js')).toBe(decodeRecord);
});
