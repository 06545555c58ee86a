import { beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, testBroker } from '@cordyna/testkit';
import type { TestBroker } from '@cordyna/testkit';
import type { Bus, BusBatch, BusConsumerState, TopicPartition } from '@cordyna/bus';
import { createTopic, Received, testBus, textOf } from './bus-support.js';

let broker: TestBroker;
let bus: Bus;
const topic = (name: string): string => `${broker.prefix}.${name}`;

beforeAll(async () => {
  broker = await testBroker();
  bus = testBus(broker.brokers);
});

const publishTo = async (name: string, partitions: number, label: string): Promise<void> => {
  await bus.publisher().send(
    Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
      key: 'k',
      value: `${label} ${partition}`,
    })),
  );
};

describe('a group', () => {
  test('shares its partitions, and the one that stays takes over at once from the one that stops', async () => {
    const name = await createTopic(bus, topic('shared'), { partitions: 4 });
    const received = [new Received(), new Received()] as const;
    const revoked: TopicPartition[][] = [[], []];
    const consumers = received.map(({ onBatch }, index) =>
      testBus(broker.brokers).consumer({
        group: name,
        topics: [name],
        maxWaitMs: 100,
        onBatch,
        onRevoked: (partitions) => revoked[index]?.push(...partitions),
      }),
    );
    const [first, second] = consumers;
    await first?.start();
    expect(first?.assigned).toHaveLength(4);
    await publishTo(name, 4, 'one');
    await awaitUntil('the first has all', () => received[0].records.length === 4);
    await second?.start();
    await awaitUntil('they share', () => first?.assigned.length === 2 && second?.assigned.length === 2);
    expect(revoked[0]).toHaveLength(4);
    await publishTo(name, 4, 'two');
    await awaitUntil('both have theirs', () => received[0].records.length + received[1].records.length === 8);
    expect(received[1].records).toHaveLength(2);
    await second?.stop();
    expect(revoked[1]).toHaveLength(2);
    await awaitUntil('the first has all partitions again', () => first?.assigned.length === 4, {
      timeoutMs: 4_000,
    });
    await publishTo(name, 4, 'three');
    await awaitUntil('the first has the rest', () => received[0].records.length === 10);
    const all = [...received[0].values, ...received[1].values].sort();
    // Nobody got anything twice: what was done was committed before the partitions moved.
    expect(all).toEqual([...new Set(all)]);
  }, 30_000);

  test('lets go of a member that is removed, and takes it back as another one when it lives', async () => {
    const name = await createTopic(bus, topic('removed'), { partitions: 2 });
    const members: string[][] = [[], []];
    const states: BusConsumerState[] = [];
    const [first, second] = members.map((names) =>
      testBus(broker.brokers).consumer({
        group: name,
        topics: [name],
        maxWaitMs: 100,
        sessionTimeoutMs: 30_000,
        onBatch: () => Promise.resolve(),
        onMember: (member) => names.push(member),
        onState: (state) => states.push(state),
      }),
    );
    await first?.start();
    await second?.start();
    const share = (): boolean => first?.assigned.length === 1 && second?.assigned.length === 1;
    await awaitUntil('they share', share);
    const removed = members[1]?.at(-1) ?? '';
    expect(await bus.admin().removeMember(name, removed)).toBe(true);
    expect(await bus.admin().removeMember(name, removed)).toBe(false);
    await awaitUntil('it has joined as another one', () => members[1]?.at(-1) !== removed && share());
    expect(await bus.admin().removeMember(name, 'nobody')).toBe(false);
    expect(states).not.toContain('rebuilding');
  }, 30_000);

  test('keeps a member whose handler takes longer than the session', async () => {
    const name = await createTopic(bus, topic('slow'), { partitions: 2 });
    const states: BusConsumerState[] = [];
    const received = new Received();
    let open = (): void => undefined;
    const hold = new Promise<void>((resolve) => {
      open = resolve;
    });
    let slow: BusBatch | undefined;
    const consumer = bus.consumer({
      group: name,
      topics: [name],
      maxWaitMs: 100,
      sessionTimeoutMs: 6_000,
      onState: (state) => states.push(state),
      onBatch: async (batch) => {
        if (batch.partition === 0 && batch.records.length > 0) {
          slow = batch;
          await hold;
        }
        await received.onBatch(batch);
      },
    });
    await consumer.start();
    await publishTo(name, 2, 'one');
    const startedAt = performance.now();
    await awaitUntil('the session would be over', () => performance.now() - startedAt > 7_500, {
      timeoutMs: 9_000,
    });
    expect(slow?.isStale()).toBe(false);
    open();
    await publishTo(name, 2, 'two');
    await awaitUntil('all is received once', () => received.records.length === 4);
    expect(received.values.sort()).toEqual(['one 0', 'one 1', 'two 0', 'two 1']);
    expect(states).toEqual(['starting', 'running']);
  }, 30_000);

  test('waits for what is in hand before partitions move, and tells what did not finish that it is stale', async () => {
    const name = await createTopic(bus, topic('moving'), { partitions: 2 });
    const batches: BusBatch[] = [];
    const holds = new Map<number, () => void>();
    const first = bus.consumer({
      group: name,
      topics: [name],
      maxWaitMs: 100,
      onBatch: async (batch) => {
        batches.push(batch);
        await new Promise<void>((resolve) => holds.set(batch.partition, resolve));
      },
    });
    await first.start();
    await publishTo(name, 2, 'one');
    await awaitUntil('both are in hand', () => holds.size === 2);
    const received = new Received();
    const second = testBus(broker.brokers).consumer({
      group: name,
      topics: [name],
      maxWaitMs: 100,
      onBatch: received.onBatch,
    });
    const joined = second.start();
    const quick = batches.find(({ partition }) => partition === 0);
    const stuck = batches.find(({ partition }) => partition === 1);
    holds.get(0)?.();
    await joined;
    await awaitUntil(
      'the partitions are shared',
      () => first.assigned.length === 1 && second.assigned.length === 1,
    );
    expect(quick?.records.map(textOf)).toEqual(['one 0']);
    expect(stuck?.isStale()).toBe(true);
    holds.get(1)?.();
    const moved = second.assigned[0]?.partition;
    await publishTo(name, 2, 'two');
    await awaitUntil('the second got its share', () => received.values.includes(`two ${moved}`));
    // Partition 0 was done and committed, partition 1 was not: only that one is read again.
    expect(received.values.includes('one 0')).toBe(false);
    if (moved === 1) expect(received.values).toEqual(['one 1', 'two 1']);
    holds.forEach((open) => open());
    await Promise.all([second.stop(), openAll(holds, first.stop())]);
  }, 30_000);
});

/** Lets batches that come in meanwhile finish, until the promise is settled. */
async function openAll(holds: ReadonlyMap<number, () => void>, until: Promise<void>): Promise<void> {
  const timer = setInterval(() => holds.forEach((open) => open()), 20);
  await until.finally(() => clearInterval(timer));
}
