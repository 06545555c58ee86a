import { beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, kafkaClient, privateKafka, testBroker } from '@cordyna/testkit';
import type { TestBroker } from '@cordyna/testkit';
import type { Bus, BusError, BusRecord } from '@cordyna/bus';
import { collect, createTopic, testBus, textOf } from './bus-support.js';

let broker: TestBroker;
let bus: Bus;
const topic = (name: string): string => `${broker.prefix}.${name}`;

beforeAll(async () => {
  broker = await testBroker();
  bus = testBus(broker.brokers);
});

const values = (count: number): string[] => Array.from({ length: count }, (_, index) => `v${index}`);
const fill = async (name: string, list: readonly string[]): Promise<void> => {
  await bus.publisher().send(list.map((value) => ({ topic: name, partition: 0, key: 'k', value })));
};

/** One aborted and one committed transaction of three records each. */
async function twoTransactions(name: string): Promise<void> {
  const producer = kafkaClient(broker.brokers).producer({
    transactionalId: name,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const messages = (text: string) =>
    [1, 2, 3].map((n) => ({ partition: 0, key: 'k', value: `${text} ${n}` }));
  const aborted = await producer.transaction();
  await aborted.send({ topic: name, messages: messages('aborted') });
  await aborted.abort();
  const committed = await producer.transaction();
  await committed.send({ topic: name, messages: messages('committed') });
  await committed.commit();
  await producer.disconnect();
}

describe('a range of a partition', () => {
  test('is read from its first to its last record and not beyond', async () => {
    const name = await createTopic(bus, topic('range'));
    await fill(name, values(500));
    const read = async (from: bigint, to: bigint): Promise<string[]> =>
      (await collect(bus.readRange(name, 0, from, to, 5_000))).map(textOf);
    expect(await read(0n, 500n)).toEqual(values(500));
    expect(await read(10n, 13n)).toEqual(['v10', 'v11', 'v12']);
    expect(await read(7n, 7n)).toEqual([]);
  });

  test('with transactions ends, though its last offsets are control records', async () => {
    const name = await createTopic(bus, topic('transactions'));
    await twoTransactions(name);
    // The broker writes the last control record after it has answered.
    const end = await awaitUntil('both transactions have their control record', async () => {
      const offset = (await bus.admin().endOffsets(name)).get(0);
      return offset === 8n && offset;
    });
    const records = await collect(bus.readRange(name, 0, 0n, end, 5_000));
    expect(records.map(textOf)).toEqual(['committed 1', 'committed 2', 'committed 3']);
  });

  test('that is not written yet is an error when the time is over', async () => {
    const name = await createTopic(bus, topic('short'));
    await fill(name, ['only']);
    const startedAt = performance.now();
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const record of bus.readRange(name, 0, 0n, 2n, 600)) seen.push(textOf(record));
    };
    await expect(read()).rejects.toMatchObject({ code: 'timed_out', retriable: true });
    expect(seen).toEqual(['only']);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('beyond the end of the log is an error at once', async () => {
    const name = await createTopic(bus, topic('beyond'));
    await expect(collect(bus.readRange(name, 0, 5n, 6n, 20_000))).rejects.toMatchObject({
      code: 'offset_out_of_range',
    });
  });

  test('of a broker that is away is an error when the time is over', async () => {
    const lonely = testBus(['127.0.0.1:1']);
    await expect(collect(lonely.readRange('any', 0, 0n, 1n, 400))).rejects.toMatchObject({
      code: 'timed_out',
    });
  });
});

describe('a tail', () => {
  test('gives what is there and what comes, in order, until it is stopped', async () => {
    const name = await createTopic(bus, topic('tail'), { partitions: 2 });
    await fill(name, ['old 0', 'old 1']);
    const seen: BusRecord[] = [];
    const from = new Map([
      [0, 1n],
      [1, 0n],
    ]);
    const tail = bus.tail(name, from, (record) => void seen.push(record));
    await awaitUntil('the old record is seen', () => seen.length === 1);
    await bus.publisher().send([{ topic: name, partition: 1, key: 'k', value: 'new 0' }]);
    await fill(name, ['new 1']);
    await awaitUntil('the new records are seen', () => seen.length === 3);
    await tail.stop();
    await fill(name, ['too late']);
    expect(seen.map(textOf).sort()).toEqual(['new 0', 'new 1', 'old 1']);
    expect(seen.find((record) => textOf(record) === 'new 1')).toMatchObject({ partition: 0, offset: 2n });
  });

  test('hands a record over again when it was not taken, and waits for one that takes time', async () => {
    const name = await createTopic(bus, topic('careful'));
    await fill(name, values(5));
    const seen: string[] = [];
    let failed = false;
    const tail = bus.tail(name, new Map([[0, 0n]]), async (record) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (textOf(record) === 'v2' && !failed) {
        failed = true;
        throw new TypeError('not now');
      }
      seen.push(textOf(record));
    });
    await awaitUntil('all are taken', () => seen.length === 5);
    await tail.stop();
    expect(failed).toBe(true);
    expect(seen).toEqual(values(5));
  });

  test('goes on after the broker was killed and came back', async () => {
    const own = await privateKafka();
    const ownBus = testBus(own.brokers, { requestTimeoutMs: 2_000 });
    const name = await createTopic(ownBus, `${own.prefix}.registrations`);
    const seen: string[] = [];
    const troubles: (BusError | undefined)[] = [];
    ownBus.tail(name, new Map([[0, 0n]]), (record) => void seen.push(textOf(record)), {
      onTrouble: (trouble) => troubles.push(trouble),
    });
    const publish = (value: string) =>
      ownBus.publisher({ retryForMs: 30_000 }).send([{ topic: name, key: 'k', value }]);
    await publish('before');
    await awaitUntil('the first is seen', () => seen.length === 1);
    await own.kafka.kill();
    await awaitUntil('the trouble is told', () => troubles.at(-1) !== undefined);
    await own.kafka.start();
    await publish('after');
    await awaitUntil('the second is seen', () => seen.length === 2, { timeoutMs: 20_000 });
    expect(seen).toEqual(['before', 'after']);
    // A topic that was just made may not be known to the broker yet: that trouble is told before.
    expect(troubles.slice(-2)).toMatchObject([{ name: 'BusError', retriable: true }, undefined]);
  }, 60_000);
});
