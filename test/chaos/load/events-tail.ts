import { randomBytes } from 'node:crypto';
import { atEnd, kafkaClient } from '@cordyna/testkit';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';

export interface Seen {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Follows a topic whatever happens to the broker; a record may be shown more than once. */
export class EventsTail {
  private consumer: Consumer | null = null;
  private ended = false;

  constructor(
    private readonly brokers: readonly string[],
    private readonly topic: string,
    private readonly onRecord: (seen: Seen) => void,
  ) {}

  async start(): Promise<void> {
    atEnd(`tail of ${this.topic}`, () => this.stop());
    await this.connect();
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.consumer?.disconnect().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const consumer = kafkaClient(this.brokers).consumer({
      groupId: `tail-${randomBytes(6).toString('hex')}`,
      maxWaitTimeInMs: 100,
      retry: { retries: 5, restartOnFailure: () => Promise.resolve(!this.ended) },
    });
    this.consumer = consumer;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (payload.restart || this.ended) return;
      void consumer.disconnect().catch(() => undefined);
      this.reconnect();
    });
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }: EachBatchPayload) => {
        for (const message of batch.messages) this.onRecord({ partition: batch.partition, message });
        return Promise.resolve();
      },
    });
  }

  private reconnect(): void {
    if (this.ended) return;
    this.connect().catch(() => {
      setTimeout(() => this.reconnect(), 500).unref();
    });
  }
}
