import { expect, jest, test } from '@jest/globals';
import { awaitUntil, createTopics, installation } from '@cordyna/testkit';

jest.setTimeout(120_000);

test('what is refused on a partition that the dead letters do not have is a dead letter all the same', async () => {
  const cordyna = await installation({
    coordinators: 1,
    before: (brokers, prefix) =>
      createTopics(brokers, [
        { topic: `${prefix}.signals`, numPartitions: 20, replicationFactor: 1 },
        { topic: `${prefix}.dead-letters`, numPartitions: 2, replicationFactor: 1 },
      ]),
  });
  const [written] = await cordyna.bus.write('signals', [{ value: 'not JSON', partition: 19 }]);
  const letters = await awaitUntil(
    'it is a dead letter',
    async () => {
      const dumped = await cordyna.dump('dead-letters');
      return dumped.length > 0 && dumped;
    },
    { timeoutMs: 30_000 },
  );
  expect(letters.map(({ value, headers }) => [value, headers['cordyna-partition']])).toEqual([
    ['not JSON', '19'],
  ]);
  expect(letters[0]?.headers).toMatchObject({
    'cordyna-reason': 'not_json',
    'cordyna-offset': String(written?.offset),
    'cordyna-truncated': 'false',
  });
});
