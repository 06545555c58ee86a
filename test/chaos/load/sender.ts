import { setTimeout as delay } from 'node:timers/promises';
import { atEnd, kafkaClient } from '@cordyna/testkit';

export interface Message {
  readonly key: string | null;
  readonly value: string | Buffer;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly partition?: number;
}

const RETRY_MS = 300;

/** Somebody outside who writes until Kafka has acknowledged: what was sent may lie in the log more than once. */
export class Sender {
  private readonly producer;

  constructor(
    brokers: readonly string[],
    private readonly prefix: string,
  ) {
    this.producer = kafkaClient(brokers).producer({ allowAutoTopicCreation: false, retry: { retries: 1 } });
  }

  async start(): Promise<void> {
    await this.producer.connect();
    atEnd('sender of the load', () => this.producer.disconnect());
  }

  async send(topic: string, message: Message): Promise<void> {
    const messages = [{ ...message, headers: { ...message.headers } }];
    for (;;) {
      try {
        await this.producer.send({ topic: `${this.prefix}.${topic}`, messages, acks: -1, timeout: 5_000 });
        return;
      } catch {
        await delay(RETRY_MS);
      }
    }
  }
}
