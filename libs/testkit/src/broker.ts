import { randomBytes } from 'node:crypto';
import { atEnd } from './closers.js';
import { deleteTopics } from './topics.js';
import { sharedBrokers } from './shared-stack.js';

export interface TestBroker {
  readonly brokers: readonly string[];
  /** For CORDYNA_TOPIC_PREFIX: topics and groups of this test alone. */
  readonly prefix: string;
}

export const uniquePrefix = (): string => `t${randomBytes(6).toString('hex')}`;

/** The test run's real Kafka with a topic prefix of one's own; its topics are deleted at the end of the file. */
export async function testBroker(): Promise<TestBroker> {
  const brokers = await sharedBrokers();
  const prefix = uniquePrefix();
  atEnd(`topics of ${prefix}`, () => deleteTopics(brokers, prefix));
  return { brokers, prefix };
}
