import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { measured } from '../src/cluster/produce-message.js';
import { encodeProduce } from '../src/cluster/requests.js';
import { bytesInBatches } from '../src/cluster/record-batch.js';
import { internals } from '../src/kafkajs/internals.js';
import { message, text } from './fixtures/messages.js';

interface KafkajsProduce {
  encode(): Promise<{ readonly buffer: Buffer }>;
}
const kafkajsProduce = internals.require<(args: object) => KafkajsProduce>(
  'kafkajs/src/protocol/requests/produce/v7/request.js',
);

const partition = fc.record({
  partition: fc.nat({ max: 1_000 }),
  messages: fc.array(message, { minLength: 1, maxLength: 70 }),
});
const topic = fc.record({ topic: text, partitions: fc.array(partition, { maxLength: 3 }) });
const NOW_MS = 1_700_000_500_000;

test('a produce request has the same bytes as kafkajs gives it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(topic, { maxLength: 3 }), async (topicData) => {
      const args = { acks: -1, timeout: 12_345, compression: 0, topicData };
      const { buffer } = await kafkajsProduce(args).encode();
      const topics = topicData.map(({ topic: name, partitions }) => ({
        topic: name,
        partitions: partitions.map(({ partition: number, messages }) => ({
          partition: number,
          // Now and then it leaves at the moment that counts for those without a time.
          messages: messages.map(({ timestamp, ...one }) =>
            measured({ ...one, timestampMs: timestamp === NOW_MS ? undefined : timestamp }),
          ),
        })),
      }));
      expect(encodeProduce(topics, 12_345, NOW_MS).equals(buffer)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('what messages take in the log is known before they are sent', () => {
  const messages = fc.array(message, { minLength: 1, maxLength: 30 });
  const outside = 2 + 2 + 4 + 4 + 2 + 't'.length + 4;
  fc.assert(
    fc.property(messages, messages, (...lists) => {
      const timeless = lists.map((list) =>
        list.map(({ key, value, headers }) => ({ topic: 't', key, value, ...(headers && { headers }) })),
      );
      const partitions = timeless.map((list, n) => ({ partition: n, messages: list.map(measured) }));
      const request = encodeProduce([{ topic: 't', partitions }], 12_345, NOW_MS);
      expect(bytesInBatches(timeless.flat(), 2)).toBe(request.length - outside - 2 * (4 + 4));
    }),
    { numRuns: 60 },
  );
});

test('nothing takes nothing', () => {
  expect(bytesInBatches([], 1)).toBe(0);
});
