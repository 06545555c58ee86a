import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeFetch } from '../src/cluster/fetch-request.js';
import { internals } from '../src/kafkajs/internals.js';
import { text } from './fixtures/messages.js';

interface KafkajsFetch {
  encode(): Promise<{ readonly buffer: Buffer }>;
}
const kafkajsFetch = internals.require<(args: object) => KafkajsFetch>(
  'kafkajs/src/protocol/requests/fetch/v11/request.js',
);

const int32 = fc.nat({ max: 2_147_483_647 });
const partitions = fc.array(
  fc.record({ partition: fc.nat({ max: 1_000 }), offset: fc.bigInt({ min: 0n, max: 2n ** 62n }) }),
  { minLength: 1, maxLength: 4 },
);
/** Topics that follow each other differ, as those of one topic are put together. */
const topics = fc.uniqueArray(fc.record({ topic: text, partitions }), {
  maxLength: 3,
  selector: ({ topic }) => topic,
});

test('a fetch request of a session has the same bytes as kafkajs gives it', async () => {
  const numbers = fc.tuple(int32, int32, int32, int32, int32, int32);
  await fc.assert(
    fc.asyncProperty(topics, topics, numbers, async (changed, forgotten, given) => {
      const [sessionId, sessionEpoch, maxWaitMs, minBytes, maxBytes, maxBytesPerPartition] = given;
      const { buffer } = await kafkajsFetch({
        replicaId: -1,
        maxWaitTime: maxWaitMs,
        minBytes,
        maxBytes,
        sessionId,
        sessionEpoch,
        topics: changed.map(({ topic, partitions: list }) => ({
          topic,
          partitions: list.map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset.toString(),
            maxBytes: maxBytesPerPartition,
          })),
        })),
        forgottenTopics: forgotten.map(({ topic, partitions: list }) => ({
          topic,
          partitions: list.map(({ partition }) => partition),
        })),
      }).encode();
      const flat = (list: typeof changed) =>
        list.flatMap(({ topic, partitions: those }) =>
          those.map(({ partition, offset }) => ({
            topic,
            partition,
            key: `${topic}/${partition}` as const,
            offset: offset.toString(),
          })),
        );
      const plan = { sessionId, sessionEpoch, changed: flat(changed), forgotten: flat(forgotten) };
      const limits = { maxWaitMs, minBytes, maxBytes, maxBytesPerPartition };
      expect(encodeFetch(plan, limits).equals(buffer)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
