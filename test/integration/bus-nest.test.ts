import 'reflect-metadata';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Injectable, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { atEnd, awaitUntil, testBroker } from '@cordyna/testkit';
import type { TestBroker } from '@cordyna/testkit';
import type { Bus, BusConsumerState, BusRecord } from '@cordyna/bus';
import { BusHandler, CordynaKafkaServer } from '@cordyna/bus/nest';
import type { DecodedBatch } from '@cordyna/bus/nest';
import { createTopic, testBus } from './bus-support.js';

interface Message {
  readonly ok: true;
  readonly kind: string;
  readonly event: { readonly n: number };
}
type Refused = { readonly ok: false; readonly reason: string; readonly detail: string };

function decode(kind: string, { value }: BusRecord): Message | Refused {
  const text = value?.toString('utf8') ?? '';
  if (text === 'a bug') throw new TypeError('the decoder has one');
  if (!text.startsWith('{')) return { ok: false, reason: 'not_json', detail: text };
  return { ok: true, kind, event: JSON.parse(text) as { n: number } };
}

@Injectable()
class Store {
  readonly batches: DecodedBatch<Message>[] = [];
  failuresLeft = 0;

  save(batch: DecodedBatch<Message>): void {
    if (this.failuresLeft > 0) {
      this.failuresLeft -= 1;
      throw new SyntaxError('the store does not want it');
    }
    this.batches.push(batch);
  }

  of(kind: string): DecodedBatch<Message>['records'][number]['decoded'][] {
    return this.batches
      .filter((batch) => batch.topicKind === kind)
      .flatMap((b) => b.records.map((r) => r.decoded));
  }
}

@Controller()
class Inbound {
  constructor(private readonly store: Store) {}

  @BusHandler('events')
  async onEvents(batch: DecodedBatch<Message>): Promise<void> {
    await Promise.resolve();
    this.store.save(batch);
  }

  @BusHandler('servers')
  onServers(batch: DecodedBatch<Message>): Promise<void> {
    this.store.save(batch);
    return Promise.resolve();
  }
}

@Module({})
class InboundModule {
  static with(store: Store): DynamicModule {
    return {
      module: InboundModule,
      controllers: [Inbound],
      providers: [{ provide: Store, useValue: store }],
    };
  }
}

let broker: TestBroker;
let bus: Bus;

beforeAll(async () => {
  broker = await testBroker();
  bus = testBus(broker.brokers);
});

async function application(
  name: string,
  store: Store,
): Promise<{ topics: Record<string, string>; states: string[] }> {
  const topics = { events: `${broker.prefix}.${name}.events`, servers: `${broker.prefix}.${name}.servers` };
  for (const topic of Object.values(topics)) await createTopic(bus, topic);
  const states: BusConsumerState[] = [];
  const strategy = new CordynaKafkaServer<Message | Refused>({
    bus,
    topics,
    decode,
    consumer: { group: `${broker.prefix}.${name}`, maxWaitMs: 100 },
  });
  strategy.status.subscribe((state) => states.push(state));
  const app = await NestFactory.createMicroservice(InboundModule.with(store), { strategy, logger: false });
  atEnd('Nest', () => app.close());
  await app.listen();
  await awaitUntil('the consumer runs', () => states.at(-1) === 'running');
  return { topics, states };
}

const send = async (topic: string | undefined, values: readonly string[]): Promise<void> => {
  await bus.publisher().send(values.map((value) => ({ topic: topic ?? '', key: 'k', value })));
};

describe('a Nest application', () => {
  test('gets whole batches by the kind of their topic, decoded into ok and poison', async () => {
    const store = new Store();
    const { topics } = await application('decoded', store);
    await send(topics['events'], ['{"n":1}', 'garbage', 'a bug', '{"n":2}']);
    await send(topics['servers'], ['{"n":3}']);
    await awaitUntil(
      'all is received',
      () => store.of('events').length === 4 && store.of('servers').length === 1,
    );
    expect(store.of('events')).toEqual([
      { ok: true, kind: 'events', event: { n: 1 } },
      { ok: false, reason: 'not_json', detail: 'garbage' },
      { ok: false, reason: 'handler_failed', detail: 'TypeError: the decoder has one' },
      { ok: true, kind: 'events', event: { n: 2 } },
    ]);
    expect(store.batches[0]).toMatchObject({ partition: 0, fetchedOffset: 0n });
    expect(store.batches[0]?.records.map(({ record }) => record.offset)).toEqual([0n, 1n, 2n, 3n]);
  });

  test('gets a batch again when its handler throws, until it takes it', async () => {
    const store = new Store();
    const { topics, states } = await application('again', store);
    store.failuresLeft = 2;
    await send(topics['events'], ['{"n":1}', '{"n":2}']);
    await awaitUntil('the batch is taken', () => store.of('events').length > 0);
    expect(store.failuresLeft).toBe(0);
    expect(store.of('events')).toHaveLength(2);
    expect(states).toEqual(['starting', 'running']);
  });

  test('does not start when a kind of topics has no handler', async () => {
    const strategy = new CordynaKafkaServer<Message | Refused>({
      bus,
      topics: { events: 'e', servers: 's', signals: 'nobody' },
      decode,
      consumer: { group: 'any' },
    });
    const app = await NestFactory.createMicroservice(InboundModule.with(new Store()), {
      strategy,
      logger: false,
    });
    await expect(app.listen()).rejects.toMatchObject({
      code: 'invalid_config',
      message: 'no @BusHandler for signals',
    });
  });
});
