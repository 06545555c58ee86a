import { randomUUID } from 'node:crypto';
import { EventType, type DeclarationError, type ServerDeclaration } from '@cordyna/protocol/model';
import { atEnd, awaitUntil, kafkaClient } from '@cordyna/testkit';

export interface Answer {
  readonly type: string;
  /** The coordinator that decided. */
  readonly source: string;
  readonly data: {
    readonly declaration: string;
    readonly server: string;
    readonly tasks?: readonly string[];
    readonly unresolved?: readonly string[];
    readonly errors?: readonly DeclarationError[];
  };
}

/** Declares and withdraws servers with nothing but Kafka and the protocol page; no server runs. */
export interface RegistryClient {
  /** Resolves with the answer. @param partition of the declarations' topic */
  declare(declaration: ServerDeclaration, partition?: number): Promise<Answer>;
  withdraw(server: string): Promise<void>;
}

export async function registryClient(brokers: readonly string[], prefix: string): Promise<RegistryClient> {
  const kafka = kafkaClient(brokers);
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: `${prefix}-registry-client`, maxWaitTimeInMs: 50 });
  const answers: Answer[] = [];
  await Promise.all([producer.connect(), consumer.connect()]);
  atEnd('registry client', () => Promise.all([producer.disconnect(), consumer.disconnect()]));
  await consumer.subscribe({ topic: `${prefix}.registrations`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => void answers.push(JSON.parse(String(message.value)) as Answer),
  });

  const write = (key: string, value: string | null, partition: number): Promise<unknown> =>
    producer.send({ topic: `${prefix}.declarations`, messages: [{ key, value, partition }] });
  return {
    async declare(data, partition = 0) {
      const id = randomUUID();
      const source = `/servers/${data.server}/by-hand`;
      const event = { specversion: '1.0', id, source, type: EventType.serverDeclared, data };
      await write(data.server, JSON.stringify(event), partition);
      return awaitUntil(
        `the declaration of ${data.server} is answered`,
        () => answers.find((answer) => answer.data.declaration === id),
        { timeoutMs: 20_000 },
      );
    },
    withdraw: async (server) => void (await write(server, null, 0)),
  };
}
