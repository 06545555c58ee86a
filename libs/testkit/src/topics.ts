import type { Admin } from 'kafkajs';
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
