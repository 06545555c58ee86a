import type { Admin, ITopicConfig } from 'kafkajs';
import { awaitUntil } from './await-until.js';
import { kafkaClient } from './kafka-client.js';

/** Runs something with a connected admin client. */
export async function withAdmin<T>(
  brokers: readonly string[],
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Creates topics and waits until they can be used; kafkajs' own wait fails on a broker that does not know them yet. */
export const createTopics = (brokers: readonly string[], topics: ITopicConfig[]): Promise<void> =>
  withAdmin(brokers, async (admin) => {
    await admin.createTopics({ topics, waitForLeaders: false });
    const names = topics.map(({ topic }) => topic);
    await awaitUntil(
      `the topics ${names.join(', ')} have leaders`,
      async () => {
        const metadata = await admin.fetchTopicMetadata({ topics: names });
        return metadata.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
      },
      { timeoutMs: 20_000 },
    );
  });

/** Names of the topics that begin with the prefix and a dot, sorted. */
export const listTopics = (brokers: readonly string[], prefix: string): Promise<string[]> =>
  withAdmin(brokers, async (admin) =>
    (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`)).sort(),
  );

export const deleteTopics = (brokers: readonly string[], prefix: string): Promise<void> =>
  withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics, timeout: 10_000 });
  });
