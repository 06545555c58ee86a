import { beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, leakCheck, privateKafka } from '@cordyna/testkit';
import type { PrivateKafka } from '@cordyna/testkit';
import type { BusConsumerOptions, BusConsumerState, BusError } from '@cordyna/bus';
import { watchFetches, watchProduces } from './bus-requests.js';
import { createTopic, Received, testBus } from './bus-support.js';

const OUTAGE_LIMIT_MS = 40_000;

let own: PrivateKafka;
beforeAll(async () => {
  own = await privateKafka();
}, 60_000);

interface Watched {
  readonly received: Received;
  readonly states: BusConsumerState[];
  readonly failures: BusError[];
  stop(): Promise<void>;
  publish(value: string): Promise<void>;
}

async function watched(
  name: string,
  more: Partial<BusConsumerOptions> = {},
  brokers = own.brokers,
): Promise<Watched> {
  const direct = testBus(own.brokers, { requestTimeoutMs: 2_000 });
  await createTopic(direct, name);
  const received = new Received();
  const states: BusConsumerState[] = [];
  const failures: BusError[] = [];
  const consumer = testBus(brokers, { requestTimeoutMs: 2_000, connectionTimeoutMs: 1_000 }).consumer({
    group: name,
    topics: [name],
    maxWaitMs: 100,
    silenceMs: 3_000,
    onBatch: received.onBatch,
    onState: (state) => states.push(state),
    onFailed: (failure) => failures.push(failure),
    ...more,
  });
  await consumer.start();
  await awaitUntil('it runs', () => consumer.state === 'running');
  const publisher = direct.publisher({ retryForMs: OUTAGE_LIMIT_MS });
  const publish = async (value: string): Promise<void> => {
    const [result] = await publisher.send([{ topic: name, key: 'k', value }]);
    expect(result?.ok).toBe(true);
  };
  return { received, states, failures, publish, stop: () => consumer.stop() };
}

const arrives = ({ received }: Watched, value: string): Promise<unknown> =>
  awaitUntil(`${value} is received`, () => received.values.includes(value), { timeoutMs: OUTAGE_LIMIT_MS });

describe('a consumer goes on', () => {
  test('after the broker was killed and came back', async () => {
    const consumer = await watched(`${own.prefix}.killed`);
    await consumer.publish('before');
    await arrives(consumer, 'before');
    await own.kafka.kill();
    await awaitUntil('it says that it does not run', () => consumer.states.at(-1) === 'rebuilding', {
      timeoutMs: OUTAGE_LIMIT_MS,
    });
    await own.kafka.start();
    await consumer.publish('after');
    await arrives(consumer, 'after');
    expect(consumer.failures).toEqual([]);
    expect(consumer.states.at(-1)).toBe('running');
    await consumer.stop();
  }, 90_000);

  test('after the broker was killed, without waiting for the end of its old session', async () => {
    const longMs = 10 * 60_000;
    const consumer = await watched(`${own.prefix}.session`, {
      sessionTimeoutMs: longMs,
      rebalanceTimeoutMs: longMs,
    });
    await own.kafka.kill();
    await awaitUntil('it says that it does not run', () => consumer.states.at(-1) === 'rebuilding', {
      timeoutMs: OUTAGE_LIMIT_MS,
    });
    await own.kafka.start();
    await consumer.publish('after');
    await arrives(consumer, 'after');
    expect(consumer.failures).toEqual([]);
    await consumer.stop();
  }, 90_000);

  test('after the broker was stopped for longer than its session, and loses nothing', async () => {
    const consumer = await watched(`${own.prefix}.paused`);
    await consumer.publish('before');
    await arrives(consumer, 'before');
    own.kafka.pause();
    const pausedAt = performance.now();
    await awaitUntil('the session would be over', () => performance.now() - pausedAt > 9_000, {
      timeoutMs: 12_000,
    });
    own.kafka.resume();
    await consumer.publish('after');
    await arrives(consumer, 'after');
    expect(consumer.failures).toEqual([]);
    expect(consumer.received.values.filter((value) => value === 'before').length).toBeGreaterThan(0);
    await consumer.stop();
  }, 90_000);

  test('after a network that swallowed everything without closing a connection', async () => {
    const consumer = await watched(`${own.prefix}.swallowed`, {}, own.proxiedBrokers);
    await consumer.publish('before');
    await arrives(consumer, 'before');
    own.proxy.blackHole();
    await awaitUntil('it says that it does not run', () => consumer.states.at(-1) === 'rebuilding', {
      timeoutMs: OUTAGE_LIMIT_MS,
    });
    own.proxy.restore();
    await consumer.publish('after');
    await arrives(consumer, 'after');
    expect(consumer.failures).toEqual([]);
    await consumer.stop();
  }, 90_000);

  test('after its connections were reset again and again', async () => {
    const consumer = await watched(`${own.prefix}.reset`, {}, own.proxiedBrokers);
    for (const round of [0, 1, 2, 3, 4, 5]) {
      own.proxy.reset();
      await consumer.publish(`round ${round}`);
      await arrives(consumer, `round ${round}`);
    }
    expect(consumer.failures).toEqual([]);
    await consumer.stop();
  }, 90_000);
});

describe('a consumer asks the broker for what has changed', () => {
  test('and for all of it when the broker has forgotten what that was', async () => {
    const seen: { sessionId: number; sessionEpoch: number; topics: number }[] = [];
    let spoil: { sessionId?: number; sessionEpoch?: number } | undefined;
    watchFetches(own.proxy, (fetch) => {
      const { sessionId, sessionEpoch, topics } = fetch;
      if (spoil !== undefined && sessionEpoch > 0) {
        fetch.replace(spoil);
        spoil = undefined;
        // What comes next is the answer to an error.
        seen.length = 0;
      } else seen.push({ sessionId, sessionEpoch, topics });
    });
    const consumer = await watched(`${own.prefix}.forgotten`, {}, own.proxiedBrokers);
    await consumer.publish('one');
    await arrives(consumer, 'one');
    await awaitUntil('nothing new is asked for', () => seen.at(-1)?.topics === 0);
    expect(seen[0]).toEqual({ sessionId: 0, sessionEpoch: 0, topics: 1 });
    const { sessionId = 0 } = seen.at(-1) ?? {};
    expect(sessionId).not.toBe(0);

    spoil = { sessionId: sessionId + 1 };
    await awaitUntil('it begins anew', () => spoil === undefined && seen.length > 1);
    expect(seen[0]).toEqual({ sessionId: 0, sessionEpoch: 0, topics: 1 });
    await consumer.publish('two');
    await arrives(consumer, 'two');

    spoil = { sessionEpoch: 1_000_000 };
    await awaitUntil('it begins anew', () => spoil === undefined && seen.length > 1);
    expect(seen[0]).toMatchObject({ sessionEpoch: 0, topics: 1 });
    expect(seen[0]?.sessionId).not.toBe(0);
    await consumer.publish('three');
    await arrives(consumer, 'three');
    expect(consumer.received.values).toEqual(['one', 'two', 'three']);
    expect(consumer.states).toEqual(['starting', 'running']);
    await consumer.stop();
  }, 30_000);
});

test('what two publishers of a bus send at the same moment is one request', async () => {
  const bus = testBus(own.proxiedBrokers);
  const name = await createTopic(bus, `${own.prefix}.together`, { partitions: 3 });
  const publishers = [bus.publisher(), bus.publisher({ retries: false })] as const;
  const send = () =>
    Promise.all(
      publishers.map((publisher, partition) =>
        publisher.send([{ topic: name, partition, key: null, value: 'v' }]),
      ),
    );
  // The first ones share a connection that is still being made.
  expect((await send()).flat().map((result) => result.ok && result.offset)).toEqual([0n, 0n]);
  let requests = 0;
  watchProduces(own.proxy, () => (requests += 1));
  const results = (await send()).flat();
  expect(results.map((result) => result.ok && [result.partition, result.offset])).toEqual([
    [0, 1n],
    [1, 1n],
  ]);
  expect(requests).toBe(1);
  // A request names a partition once: both arrive all the same.
  const twice = await Promise.all(
    publishers.map((publisher) => publisher.send([{ topic: name, partition: 2, key: null, value: 'v' }])),
  );
  expect(twice.flat().map((result) => result.ok && result.offset)).toEqual([0n, 1n]);
  await publishers[0].close();
  const [after] = await publishers[1].send([{ topic: name, partition: 0, key: null, value: 'v' }]);
  expect(after?.ok).toBe(true);
});

describe('a consumer ends', () => {
  test('when it fails again and again though brokers answer: it says why, once', async () => {
    const bus = testBus(own.brokers);
    const failures: BusError[] = [];
    const states: BusConsumerState[] = [];
    const consumer = bus.consumer({
      group: `${own.prefix}.hopeless`,
      topics: [`${own.prefix}.nowhere`],
      onBatch: () => Promise.resolve(),
      onState: (state) => states.push(state),
      onFailed: (failure) => failures.push(failure),
    });
    await expect(consumer.start()).rejects.toMatchObject({ code: 'consumer_failed', retriable: false });
    expect(failures).toMatchObject([{ code: 'consumer_failed', cause: { code: 'unknown_topic' } }]);
    expect(states).toEqual(['starting', 'rebuilding', 'failed']);
    await consumer.stop();
    expect(consumer.state).toBe('failed');
  }, 60_000);

  test('and leaves nothing open', async () => {
    const nothingLeft = leakCheck();
    const bus = testBus(own.brokers);
    const name = await createTopic(bus, `${own.prefix}.tidy`);
    const received = new Received();
    const consumer = bus.consumer({ group: name, topics: [name], onBatch: received.onBatch });
    await consumer.start();
    bus.tail(name, new Map([[0, 0n]]), () => undefined);
    await bus.publisher().send([{ topic: name, key: 'k', value: 'v' }]);
    await awaitUntil('it is received', () => received.records.length === 1);
    await bus.close();
    await nothingLeft();
  });

  test('also when it is stopped while no broker answers', async () => {
    const consumer = testBus(['127.0.0.1:1'], { connectionTimeoutMs: 200 }).consumer({
      group: 'any',
      topics: ['any'],
      onBatch: () => Promise.resolve(),
    });
    const started = consumer.start();
    started.catch(() => undefined);
    const startedAt = performance.now();
    await consumer.stop();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(consumer.state).toBe('stopped');
    await expect(started).rejects.toMatchObject({ code: 'closed' });
  });
});
