import { beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, dumpTopic, privateKafka, testBroker, withAdmin } from '@cordyna/testkit';
import type { PrivateKafka, TestBroker } from '@cordyna/testkit';
import type { Bus } from '@cordyna/bus';
import { createTopic, offsetsOf, testBus } from './bus-support.js';

const FENCE = {
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': '5000',
  'message.timestamp.after.max.ms': '5000',
};

describe('on a running broker', () => {
  let broker: TestBroker;
  let bus: Bus;
  const topic = (name: string): string => `${broker.prefix}.${name}`;

  beforeAll(async () => {
    broker = await testBroker();
    bus = testBus(broker.brokers);
  });

  test('the broker refuses a record whose stamp is 8 s off, and only that one', async () => {
    const name = await createTopic(bus, topic('commands.fenced'), { partitions: 2, config: FENCE });
    const nowMs = Date.now();
    const message = (value: string, partition: number, timestampMs: number) => ({
      topic: name,
      partition,
      key: 'run',
      value,
      timestampMs,
    });
    const results = await bus
      .publisher({ retries: false })
      .send([
        message('one', 0, nowMs),
        message('stale', 0, nowMs - 8_000),
        message('two', 0, nowMs),
        message('ahead', 0, nowMs + 8_000),
        message('other partition', 1, nowMs),
      ]);
    expect(offsetsOf(results)).toEqual([
      0n,
      'invalid_timestamp/refused',
      1n,
      'invalid_timestamp/refused',
      0n,
    ]);
    const refused = results[1];
    expect(refused).toMatchObject({ ok: false, error: { retriable: false, name: 'BusError' } });
    const written = (await dumpTopic(broker.brokers, name)).map(({ value }) => value);
    expect(written.sort()).toEqual(['one', 'other partition', 'two']);
  });

  test('a topic that does not exist fails alone', async () => {
    const name = await createTopic(bus, topic('there'));
    const results = await bus.publisher({ retries: false }).send([
      { topic: topic('not-there'), key: 'k', value: 'lost' },
      { topic: name, key: 'k', value: 'kept' },
      { topic: name, partition: 9, key: 'k', value: 'no such partition' },
    ]);
    expect(offsetsOf(results)).toEqual(['unknown_topic/refused', 0n, 'unknown_topic/refused']);
  });

  test('a topic that is deleted later does not poison the others of its publisher', async () => {
    const doomed = await createTopic(bus, topic('doomed'));
    const kept = await createTopic(bus, topic('kept'));
    const publisher = bus.publisher({ retries: false });
    const both = [doomed, kept].map((name) => ({ topic: name, key: 'k', value: 'v' }));
    expect(offsetsOf(await publisher.send(both))).toEqual([0n, 0n]);
    await withAdmin(broker.brokers, (admin) => admin.deleteTopics({ topics: [doomed] }));
    await awaitUntil('the deleted topic is refused', async () => {
      const [gone, there] = await publisher.send(both);
      expect(there?.ok).toBe(true);
      return gone?.ok === false && gone.error.code === 'unknown_topic';
    });
    expect((await publisher.send(both)).map(({ ok }) => ok)).toEqual([false, true]);
  });

  test('a publisher that retries delivers to a topic that appears while it sends', async () => {
    const name = topic('appears');
    const sent = bus.publisher().send([{ topic: name, key: 'k', value: 'patient' }]);
    await createTopic(bus, name);
    expect(offsetsOf(await sent)).toEqual([0n]);
  });

  test('5 MB to one partition is split into requests of at most 900 KiB, in order', async () => {
    const name = await createTopic(bus, topic('large'), { config: { 'max.message.bytes': '1000000' } });
    const messages = Array.from({ length: 50 }, (_, index) => ({
      topic: name,
      key: `k${index}`,
      value: `${index} `.padEnd(100_000, 'x'),
    }));
    const results = await bus.publisher({ retries: false }).send(messages);
    expect(offsetsOf(results)).toEqual(messages.map((_, index) => BigInt(index)));
  });

  test('a message that the topic does not take fails alone among those sent with it', async () => {
    const name = await createTopic(bus, topic('small'), { config: { 'max.message.bytes': '20000' } });
    const values = ['a', 'b'.repeat(30_000), 'c', 'd'];
    const results = await bus
      .publisher({ retries: false })
      .send(values.map((value) => ({ topic: name, key: 'k', value })));
    expect(offsetsOf(results)).toEqual([0n, 'too_large/refused', 1n, 2n]);
    const written = (await dumpTopic(broker.brokers, name)).map(({ value }) => value);
    expect(written).toEqual(['a', 'c', 'd']);
  });

  test('messages of one key keep the order in which they were sent, also from many callers at once', async () => {
    const name = await createTopic(bus, topic('ordered'), { partitions: 3 });
    const publisher = bus.publisher();
    const sends = Array.from({ length: 300 }, (_, index) =>
      publisher.send([{ topic: name, key: `run-${index % 5}`, value: String(index) }]),
    );
    const results = (await Promise.all(sends)).flat();
    expect(results.every(({ ok }) => ok)).toBe(true);
    for (const key of ['run-0', 'run-1', 'run-2', 'run-3', 'run-4']) {
      const records = (await dumpTopic(broker.brokers, name)).filter((record) => record.key === key);
      const numbers = records.map(({ value }) => Number(value));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(numbers).toHaveLength(60);
    }
  });

  test('keys go to the partition that the Java client would choose', async () => {
    const name = await createTopic(bus, topic('murmur2'), { partitions: 12 });
    const keys = ['0199a0e2-0000-7000-8000-000000000001', 'server-a', 'ä'];
    const results = await bus.publisher().send(keys.map((key) => ({ topic: name, key, value: 'v' })));
    const partitions = results.map((result) => (result.ok ? result.partition : -1));
    // As org.apache.kafka.common.utils.Utils says: toPositive(murmur2(bytes)) % 12.
    expect(partitions).toEqual([3, 11, 5]);
  });

  test('keys, headers, empty values and tombstones arrive as they were sent', async () => {
    const name = await createTopic(bus, topic('forms'));
    const bytes = Buffer.from([0, 255, 128]);
    await bus.publisher().send([
      { topic: name, key: bytes, value: bytes, headers: { text: 'grün', bytes } },
      { topic: name, key: null, value: null },
      { topic: name, key: '', value: '' },
    ]);
    const records = [];
    for await (const record of bus.readRange(name, 0, 0n, 3n, 5_000)) records.push(record);
    expect(records).toMatchObject([
      { key: bytes, value: bytes, headers: { text: Buffer.from('grün'), bytes } },
      { key: null, value: null },
      { key: Buffer.alloc(0), value: Buffer.alloc(0) },
    ]);
  });

  test('a closed publisher refuses', async () => {
    const publisher = bus.publisher();
    await publisher.close();
    const results = await publisher.send([{ topic: topic('kept'), key: 'k', value: 'v' }]);
    expect(offsetsOf(results)).toEqual(['closed/refused']);
  });
});

describe('when the connection fails', () => {
  let own: PrivateKafka;
  let bus: Bus;
  let name: string;

  beforeAll(async () => {
    own = await privateKafka();
    name = await createTopic(testBus(own.brokers), `${own.prefix}.commands.a`);
    bus = testBus(own.proxiedBrokers, { requestTimeoutMs: 1_500, connectionTimeoutMs: 500 });
  }, 60_000);

  const written = async (): Promise<(string | null)[]> =>
    (await dumpTopic(own.brokers, name)).map(({ value }) => value);

  test('a send whose bytes are held back on the way is unknown, and is put on the wire once', async () => {
    const publisher = bus.publisher({ retries: false });
    expect(offsetsOf(await publisher.send([{ topic: name, key: 'k', value: 'first' }]))).toEqual([0n]);
    own.proxy.hold('toServer');
    const results = await publisher.send([{ topic: name, key: 'k', value: 'held' }]);
    expect(results).toMatchObject([{ ok: false, outcome: 'unknown', error: { code: 'timed_out' } }]);
    own.proxy.release();
    await awaitUntil('the publisher works again', async () => {
      const [result] = await publisher.send([{ topic: name, key: 'k', value: 'after' }]);
      return result?.ok;
    });
    expect((await written()).filter((value) => value === 'held').length).toBeLessThanOrEqual(1);
  });

  test('a send whose answer is lost is unknown, and the record is in the log once', async () => {
    const publisher = bus.publisher({ retries: false });
    await awaitUntil(
      'connected',
      async () => (await publisher.send([{ topic: name, key: 'k', value: 'x' }]))[0]?.ok,
    );
    own.proxy.hold('toClient');
    const sent = publisher.send([{ topic: name, key: 'k', value: 'answer lost' }]);
    await awaitUntil('the answer is held back', () => own.proxy.heldBytes('toClient') > 0);
    own.proxy.reset();
    expect(await sent).toMatchObject([
      { ok: false, outcome: 'unknown', error: { code: 'connection_failed' } },
    ]);
    own.proxy.release();
    expect((await written()).filter((value) => value === 'answer lost')).toHaveLength(1);
  });

  test('a send that finds no broker is refused: nothing left', async () => {
    const lonely = testBus(['127.0.0.1:1'], { connectionTimeoutMs: 300 }).publisher({ retries: false });
    const results = await lonely.send([{ topic: name, key: 'k', value: 'v' }]);
    expect(offsetsOf(results)).toEqual(['connection_failed/refused']);
  });

  test('a publisher that retries gets everything through a broker that is killed and comes back', async () => {
    const publisher = testBus(own.brokers, { requestTimeoutMs: 2_000 }).publisher({ retryForMs: 60_000 });
    await publisher.send([{ topic: name, key: 'k', value: 'before the kill' }]);
    await own.kafka.kill();
    const sends = Array.from({ length: 20 }, (_, index) =>
      publisher.send([{ topic: name, key: 'k', value: `during ${index}` }]),
    );
    await own.kafka.start();
    const results = (await Promise.all(sends)).flat();
    expect(results.every(({ ok }) => ok)).toBe(true);
    const during = (await written()).filter((value) => value?.startsWith('during'));
    expect(during.filter((value, index) => during.indexOf(value) === index)).toEqual(
      Array.from({ length: 20 }, (_, index) => `during ${index}`),
    );
  }, 60_000);
});
