import { awaitUntil, kafkaClient, withAdmin } from '@cordyna/testkit';

const OLD_MS = 60_000;
const SIDES = ['before', 'after'].map((side) => `message.timestamp.${side}.max.ms`);
const FOREVER = String(Number.MAX_SAFE_INTEGER);
/** Of a resource's type, in Kafka's protocol. */
const TOPIC = 2;

/**
 * Lets a topic of commands take what was stamped at any time. Resolves when that is in force: the broker says so, and
 * each partition has taken a record with an old stamp, which no server knows what to do with.
 */
export async function withoutFence(brokers: readonly string[], topic: string): Promise<void> {
  const partitions = await withAdmin(brokers, async (admin) => {
    const configEntries = SIDES.map((name) => ({ name, value: FOREVER }));
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: TOPIC, name: topic, configEntries }],
    });
    await awaitUntil('the topic is described without the fence', async () => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC, name: topic, configNames: SIDES }],
      });
      return resources[0]?.configEntries.every(({ configValue }) => configValue === FOREVER);
    });
    return (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition);
  });
  const producer = kafkaClient(brokers).producer({ retry: { retries: 0 } });
  await producer.connect();
  try {
    const event = { specversion: '1.0', id: 'probe', source: '/chaos', type: 'chaos.probe.v1', data: {} };
    const old = { value: JSON.stringify(event), timestamp: String(Date.now() - OLD_MS) };
    for (const partition of partitions)
      await awaitUntil('an old stamp is taken', () =>
        producer.send({ topic, messages: [{ ...old, partition }] }),
      );
  } finally {
    await producer.disconnect();
  }
}
