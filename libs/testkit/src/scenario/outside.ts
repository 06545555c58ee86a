import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import {
  EventType,
  type Heartbeat,
  type JsonObject,
  type RunRequest,
  type ServerDeclaration,
} from '@cordyna/protocol/model';
import { atEnd } from '../closers.js';
import { kafkaClient } from '../kafka-client.js';

/** A record as somebody outside writes it: any bytes at all. */
export interface OutsideRecord {
  readonly key?: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** Where Kafka put a record. */
export interface Written {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface WriteOptions {
  /** Number of the codec in Kafka's batch attributes; 2 is snappy. */
  readonly compression?: number;
}

export interface Outside {
  /** Writes to `<prefix>.<topic>`, all to one partition (default 0) and in one batch. */
  write(topic: string, records: readonly OutsideRecord[], options?: WriteOptions): Promise<Written[]>;
  /** A CloudEvent in structured mode. */
  event(type: string, data: unknown, attributes?: JsonObject): OutsideRecord;
  runRequest(request: RunRequest, attributes?: JsonObject): OutsideRecord;
  declaration(declaration: ServerDeclaration, attributes?: JsonObject): OutsideRecord;
  heartbeat(heartbeat: Heartbeat): OutsideRecord;
}

function event(type: string, data: unknown, attributes: JsonObject = {}): OutsideRecord {
  const envelope = { specversion: '1.0', id: randomUUID(), source: '/outside', type, ...attributes };
  return { key: null, value: JSON.stringify({ ...envelope, data }) };
}

function written(topic: string, partition: number, baseOffset: string | undefined, count: number): Written[] {
  const first = BigInt(baseOffset ?? '-1');
  return Array.from({ length: count }, (_, at) => ({ topic, partition, offset: first + BigInt(at) }));
}

/** Somebody who has Kafka and the protocol page, and no library of the product. */
export async function outside(brokers: readonly string[], prefix: string): Promise<Outside> {
  const producer: Producer = kafkaClient(brokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  atEnd('producer from outside', () => producer.disconnect());
  return {
    async write(name, records, { compression } = {}) {
      const topic = `${prefix}.${name}`;
      const partition = records[0]?.partition ?? 0;
      const messages = records.map(({ key = null, value, headers }) => ({
        key,
        value,
        headers: { ...headers },
        partition,
      }));
      const [answer] = await producer.send({ topic, messages, acks: -1, timeout: 10_000, compression });
      return written(topic, partition, answer?.baseOffset, records.length);
    },
    event,
    runRequest: (request, attributes) => event(EventType.runRequested, request, attributes),
    declaration: (declaration, attributes) => ({
      ...event(EventType.serverDeclared, declaration, attributes),
      key: declaration.server,
    }),
    heartbeat: (heartbeat) => ({ ...event(EventType.serverHeartbeat, heartbeat), key: heartbeat.server }),
  };
}
