import { randomBytes } from 'node:crypto';
import type { JsonObject } from '@cordyna/protocol/model';
import { atEnd } from '../closers.js';
import { kafkaClient } from '../kafka-client.js';

/** A CloudEvent in structured mode. */
export interface TailedEvent {
  readonly type: string;
  readonly source: string;
  readonly data: JsonObject;
}

/** Follows a topic from its beginning; what it gives grows while the test runs. */
export async function tailTopic(brokers: readonly string[], topic: string): Promise<readonly TailedEvent[]> {
  const events: TailedEvent[] = [];
  const groupId = `tail-${randomBytes(6).toString('hex')}`;
  const consumer = kafkaClient(brokers).consumer({ groupId, maxWaitTimeInMs: 50 });
  await consumer.connect();
  atEnd(`tail of ${topic}`, () => consumer.disconnect());
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      if (message.value !== null) events.push(JSON.parse(message.value.toString()) as TailedEvent);
      return Promise.resolve();
    },
  });
  return events;
}
