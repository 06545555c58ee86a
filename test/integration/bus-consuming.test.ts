import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { CompressionTypes as CompressionType } from 'kafkajs';
import { awaitUntil, kafkaClient, testBroker } from '@cordyna/testkit';
import type { TestBroker } from '@cordyna/testkit';
import type { Bus, BusConsumer, BusConsumerOptions, TopicPartition } from '@cordyna/bus';
import { createTopic, Received, testBus, textOf } from './bus-support.js';

let broker: TestBroker;
let bus: Bus;
const topic = (name: string): string => `${broker.prefix}.${name}`;

beforeAll(async () => {
  broker = await testBroker();
  bus = testBus(broker.brokers);
});

const publish = async (name: string, list: readonly string[], partition = 0): Promise<void> => {
  const results = await bus
    .publisher()
    .send(list.map((value) => ({ topic: name, partition, key: 'k', value })));
  expect(results.every(({ ok }) => ok)).toBe(true);
};

const consume = async (
  name: string,
  onBatch: BusConsumerOptions['onBatch'],
  more: Partial<BusConsumerOptions> = {},
): Promise<BusConsumer> => {
  const consumer = bus.consumer({ group: name, topics: [name], maxWaitMs: 100, onBatch, ...more });
  await consumer.start();
  return consumer;
};

const committedOf = async (group: string, name: string): Promise<Record<number, string>> => {
  const admin = kafkaClient(broker.brokers).admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [name] });
    return Object.fromEntries(found?.partitions.map(({ partition, offset }) => [partition, offset]) ?? []);
  } finally {
    await admin.disconnect();
  }
};

const { CompressionTypes } = kafkajs;
/** kafkajs types the codecs by number literals. */
const codecs: Record<number, unknown> = kafkajs.CompressionCodecs;

const javaBatches = JSON.parse(
  readFileSync(new URL('../../libs/bus/test/fixtures/java-batches.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;
const BATCH_HEADER_BYTES = 61;

/** Puts the 40 records that Kafka's Java classes packed into the log as they are; the broker checks them. */
async function sendJavaBatch(name: string, codec: string, type: CompressionType): Promise<void> {
  const original = codecs[type] as () => object;
  const packed = Buffer.from(javaBatches[codec] ?? '', 'base64').subarray(BATCH_HEADER_BYTES);
  const producer = kafkaClient(broker.brokers).producer();
  await producer.connect();
  codecs[type] = () => ({ ...original(), compress: () => Promise.resolve(packed) });
  try {
    const messages = Array.from({ length: 40 }, (_, index) => ({
      value: null,
      timestamp: String(1_700_000_000_000 + index),
    }));
    await producer.send({ topic: name, compression: type, messages });
  } finally {
    codecs[type] = original;
    await producer.disconnect();
  }
}

describe('batches', () => {
  test('cover each partition from the beginning without a gap or an overlap', async () => {
    const name = await createTopic(bus, topic('contiguous'), { partitions: 3 });
    const received = new Received();
    for (const partition of [0, 1, 2]) await publish(name, ['early'], partition);
    await consume(name, received.onBatch);
    for (let round = 0; round < 20; round++) await publish(name, [`late ${round}`], round % 3);
    await awaitUntil('all is received', () => received.records.length === 23);
    for (const partition of [0, 1, 2]) {
      let position = 0n;
      for (const batch of received.of(partition)) {
        expect(batch.fetchedOffset).toBe(position);
        expect(batch.records.map(({ offset }) => offset)).toEqual(
          batch.records.map((_, index) => position + BigInt(index)),
        );
        position = batch.nextOffset;
      }
      expect(position).toBe(partition === 2 ? 7n : 8n);
    }
  });

  test('move the position over aborted transactions and control records, with or without records', async () => {
    const name = await createTopic(bus, topic('transactions'));
    const received = new Received();
    await consume(name, received.onBatch);
    const producer = kafkaClient(broker.brokers).producer({
      transactionalId: name,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: name, messages: [{ value: `${end} 1` }, { value: `${end} 2` }] });
      await transaction[end]();
    }
    await producer.disconnect();
    await awaitUntil('the position is at the end', () => received.batches.at(-1)?.nextOffset === 6n);
    expect(received.values).toEqual(['commit 1', 'commit 2']);
    let position = 0n;
    for (const batch of received.batches) {
      expect(batch.fetchedOffset).toBe(position);
      position = batch.nextOffset;
    }
  });

  test.each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ])(
    'that a Java producer packed with %s are read like any other, on a topic that keeps them so',
    async (name, type) => {
      const config = { 'compression.type': 'producer' };
      const packed = await createTopic(bus, topic(`packed-${name}`), { config });
      await sendJavaBatch(packed, name, type);
      await publish(packed, ['the next one']);
      const received = new Received();
      await consume(packed, received.onBatch);
      await awaitUntil('all is received', () => received.records.length === 41);
      expect(received.records.slice(0, 40).map(({ key }) => key?.toString())).toEqual(
        Array.from({ length: 40 }, (_, index) => `key ${index}`),
      );
      expect(received.values[39]).toMatch(/^value 39 the quick brown fox/);
      expect(received.values[40]).toBe('the next one');
    },
  );

  test('that a handler refuses come again as they were, and the others go on meanwhile', async () => {
    const name = await createTopic(bus, topic('stubborn'), { partitions: 2 });
    const received = new Received();
    let refusals = 0;
    await consume(name, (batch) => {
      if (batch.partition === 0 && refusals < 3) {
        refusals += 1;
        JSON.parse('{');
      }
      return received.onBatch(batch);
    });
    await publish(name, ['bad']);
    await publish(name, ['good'], 1);
    await awaitUntil('the other partition goes on', () => received.values.includes('good'));
    await awaitUntil('the refused batch is taken', () => received.values.includes('bad'));
    expect(refusals).toBe(3);
  });

  test('come soon though more was to come from here than did', async () => {
    const name = await createTopic(bus, topic('own-bytes'));
    const received = new Received();
    await consume(name, received.onBatch, { maxWaitMs: 2_500, ownBytes: () => 1_000_000 });
    const startedAt = performance.now();
    for (let count = 1; count <= 5; count++) {
      await publish(name, [`v${count}`]);
      await awaitUntil(`record ${count} has come`, () => received.values.length === count, { everyMs: 5 });
    }
    expect(received.values).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
    // Each would have waited for the longest fetch.
    expect(performance.now() - startedAt).toBeLessThan(2_500);
  });

  test('of one partition never overlap, and those of others do not wait', async () => {
    const name = await createTopic(bus, topic('serial'), { partitions: 2 });
    let inHand = 0;
    let most = 0;
    let open = (): void => undefined;
    const hold = new Promise<void>((resolve) => {
      open = resolve;
    });
    const received = new Received();
    await consume(name, async (batch) => {
      if (batch.partition === 0) {
        inHand += 1;
        most = Math.max(most, inHand);
        await hold;
        inHand -= 1;
      }
      await received.onBatch(batch);
    });
    await publish(name, ['a']);
    await awaitUntil('the first is in hand', () => inHand === 1);
    for (const value of ['b', 'c', 'd']) await publish(name, [value]);
    await publish(name, ['other'], 1);
    await awaitUntil('the other partition goes on', () => received.values.includes('other'));
    expect(received.of(0)).toEqual([]);
    open();
    await awaitUntil('all is received', () => received.records.length === 5);
    expect(most).toBe(1);
    expect(received.of(0).flatMap(({ records }) => records.map(textOf))).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('positions', () => {
  test('given at the assignment are where reading begins', async () => {
    const name = await createTopic(bus, topic('positions'), { partitions: 2 });
    await publish(name, ['0', '1', '2', '3']);
    await publish(name, ['0', '1', '2'], 1);
    const received = new Received();
    const asked: TopicPartition[][] = [];
    await consume(name, received.onBatch, {
      onAssigned: (partitions) => {
        asked.push([...partitions]);
        // The first time the caller does not know yet.
        if (asked.length === 1) return Promise.reject(new Error('store is away'));
        return Promise.resolve(new Map([[`${name}/0` as const, 3n]]));
      },
    });
    await awaitUntil('all is received', () => received.records.length === 4);
    expect(received.of(0)[0]).toMatchObject({ fetchedOffset: 3n, nextOffset: 4n });
    expect(received.of(1)[0]).toMatchObject({ fetchedOffset: 0n, nextOffset: 3n });
    expect(asked).toHaveLength(2);
    expect(asked[1]).toHaveLength(2);
  });

  test('that the log does not hold are told, and reading begins anew', async () => {
    const name = await createTopic(bus, topic('made-anew'));
    await publish(name, ['0', '1']);
    const received = new Received();
    const jumps: unknown[] = [];
    await consume(name, received.onBatch, {
      onAssigned: () => Promise.resolve(new Map([[`${name}/0` as const, 1_000n]])),
      onJump: (where, expected, actual) => jumps.push({ ...where, expected, actual }),
    });
    await awaitUntil('all is received', () => received.records.length === 2);
    expect(received.values).toEqual(['0', '1']);
    expect(jumps).toEqual([{ topic: name, partition: 0, expected: 1_000n, actual: 0n }]);
  });

  test('can be moved back; what was in hand is stale then', async () => {
    const name = await createTopic(bus, topic('seek'));
    await publish(name, ['0', '1', '2']);
    const received = new Received();
    const consumer = await consume(name, received.onBatch);
    await awaitUntil('all is received', () => received.records.length === 3);
    consumer.seek(name, 0, 1n);
    await awaitUntil('the rest came again', () => received.records.length === 5);
    expect(received.values).toEqual(['0', '1', '2', '1', '2']);
    expect(received.batches[0]?.isStale()).toBe(true);
    expect(received.batches.at(-1)?.isStale()).toBe(false);
  });

  test('are committed while running, and at the stop without waiting for the next turn', async () => {
    const name = await createTopic(bus, topic('committed'));
    const received = new Received();
    const consumer = await consume(name, received.onBatch, { commitEveryMs: 300 });
    await publish(name, ['0', '1']);
    await awaitUntil('Kafka has the position', async () => (await committedOf(name, name))[0] === '2');
    await publish(name, ['2']);
    await awaitUntil('all is received', () => received.records.length === 3);
    await consumer.stop();
    expect((await committedOf(name, name))[0]).toBe('3');
    expect(consumer.state).toBe('stopped');
    const second = new Received();
    await publish(name, ['3']);
    await consume(name, second.onBatch);
    await awaitUntil('the next one goes on', () => second.records.length === 1);
    expect(second.values).toEqual(['3']);
  });

  test('are not committed for a batch that the handler has not finished', async () => {
    const name = await createTopic(bus, topic('unfinished'));
    await publish(name, ['0']);
    let calls = 0;
    const consumer = await consume(name, () => {
      calls += 1;
      return Promise.reject(new Error('store is away'));
    });
    await awaitUntil('it was tried', () => calls > 1);
    await consumer.stop();
    expect((await committedOf(name, name))[0]).toBe('-1');
  });
});
