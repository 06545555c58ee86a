import net from 'node:net';
import { Kafka, logLevel, type Consumer, type Message, type Producer, type ISocketFactory } from 'kafkajs';

export const BASELINE_PARTITIONS = 12;

/** Like Cordyna's: Nagle's algorithm holds back small requests. */
const socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
  const socket = net.connect({ host, port }, onConnect);
  socket.setNoDelay(true);
  return socket;
};

export interface Ends {
  readonly producer: Producer;
  readonly consumer: Consumer;
}

/** kafkajs as it is, with the settings that are the fastest for both ends of a baseline. */
export async function connect(brokers: string, groupId: string): Promise<Ends> {
  const kafka = new Kafka({ brokers: brokers.split(','), socketFactory, logLevel: logLevel.ERROR });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, minBytes: 1, sessionTimeout: 30_000 });
  await Promise.all([producer.connect(), consumer.connect()]);
  return { producer, consumer };
}

/** Hands over what each fetch gave of a partition; resolves when the first assignment is there. */
export async function consume(
  consumer: Consumer,
  topic: string,
  onBatch: (values: readonly Buffer[]) => Promise<void>,
): Promise<void> {
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatchAutoResolve: true,
    autoCommitInterval: 1_000,
    partitionsConsumedConcurrently: BASELINE_PARTITIONS,
    eachBatch: ({ batch }) => onBatch(batch.messages.flatMap(({ value }) => (value ? [value] : []))),
  });
  await joined;
}

export interface Step {
  readonly run: string;
  readonly task: number;
}

/** A message of about `bytes` bytes, key and all: as large as Cordyna's. */
export function messageOf({ run, task }: Step, bytes: number): Message {
  const bare = JSON.stringify({ run, task, pad: '' });
  const pad = 'x'.repeat(Math.max(0, bytes - bare.length));
  return { key: run, value: `${bare.slice(0, -2)}${pad}"}` };
}

export const stepOf = (value: Buffer): Step => JSON.parse(value.toString()) as Step;
