import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EARLIEST, encodeListOffsets, LATEST } from '../src/cluster/list-offsets.js';
import { internals } from '../src/kafkajs/internals.js';
import { text } from './fixtures/messages.js';

interface KafkajsListOffsets {
  encode(): Promise<{ readonly buffer: Buffer }>;
}
const kafkajsListOffsets = internals.require<(args: object) => KafkajsListOffsets>(
  'kafkajs/src/protocol/requests/listOffsets/v3/request.js',
);

const wanted = fc.array(
  fc.record({ topic: text, partitions: fc.array(fc.nat({ max: 2_147_483_647 }), { maxLength: 4 }) }),
  { maxLength: 3 },
);
const timestamp = fc.oneof(fc.constant(LATEST), fc.constant(EARLIEST), fc.nat({ max: 2 ** 53 - 1 }));

test('a request for offsets has the same bytes as kafkajs gives it', async () => {
  await fc.assert(
    fc.asyncProperty(wanted, timestamp, async (asked, at) => {
      const { buffer } = await kafkajsListOffsets({
        replicaId: -1,
        isolationLevel: 0,
        topics: asked.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map((partition) => ({ partition, timestamp: at })),
        })),
      }).encode();
      expect(encodeListOffsets(asked, at).equals(buffer)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
