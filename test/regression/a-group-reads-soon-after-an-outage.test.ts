import { beforeAll, describe, expect, test } from '@jest/globals';
import { createBus } from '@cordyna/bus';
import type { Bus, BusBatch } from '@cordyna/bus';
import { atEnd, awaitUntil, kafkaClient, privateKafka } from '@cordyna/testkit';
import type { PrivateKafka } from '@cordyna/testkit';

const PARTITIONS = 12;
/** Longer than a session and than what a consumer waits before it makes new connections. */
const OUTAGE_MS = 12_000;
/** After the broker serves the group again; it first elects leaders and loads its groups. */
const READS_WITHIN_MS = 3_000;
const LIMIT_MS = 60_000;

/** A member that gives up its connection whenever the broker is not ready yet needs many times as long. */
class Member {
  readonly rebuilds: unknown[] = [];
  readonly seen: string[] = [];
  readonly bus: Bus;

  constructor(brokers: readonly string[], group: string, topic: string) {
    this.bus = createBus({
      brokers,
      clientId: 'member',
      log: (_level, message, details) => {
        if (message === 'consumer is rebuilt') this.rebuilds.push(details?.['reason']);
      },
    });
    atEnd('member', () => this.bus.close());
    this.consumer = this.bus.consumer({ group, topics: [topic], onBatch: (batch) => this.take(batch) });
  }

  readonly consumer: ReturnType<Bus['consumer']>;

  private take({ partition, records }: BusBatch): Promise<void> {
    for (const { value } of records) this.seen.push(`${String(value)} ${partition}`);
    return Promise.resolve();
  }
}

let kafka: PrivateKafka;
let members: Member[];
let topic: string;

const publish = async (value: string): Promise<void> => {
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic,
    partition,
    key: null,
    value,
  }));
  const results = await (members[0] as Member).bus.publisher({ retryForMs: LIMIT_MS }).send(messages);
  expect(results.every(({ ok }) => ok)).toBe(true);
};

const untilRead = (value: string): Promise<unknown> =>
  awaitUntil(
    `${value} is read from every partition`,
    () => {
      const seen = new Set(members.flatMap((member) => member.seen));
      return Array.from({ length: PARTITIONS }, (_, at) => at).every((at) => seen.has(`${value} ${at}`));
    },
    { timeoutMs: LIMIT_MS, everyMs: 20 },
  );

/** Asks until the broker coordinates the group again. */
async function untilServed(group: string): Promise<void> {
  const admin = kafkaClient(kafka.brokers).admin();
  await admin.connect();
  const isServed = async (): Promise<boolean> => {
    // Rejects while another broker, or none, coordinates it.
    const { groups } = await admin.describeGroups([group]);
    return groups.length === 1;
  };
  await awaitUntil('the group is served', isServed, { timeoutMs: LIMIT_MS, everyMs: 20 });
  await admin.disconnect();
}

beforeAll(async () => {
  kafka = await privateKafka();
  topic = `${kafka.prefix}.commands`;
  members = [1, 2].map(() => new Member(kafka.brokers, topic, topic));
  await (members[0] as Member).bus
    .admin()
    .ensureTopics([{ name: topic, partitions: PARTITIONS, config: {} }]);
  await Promise.all(members.map(({ consumer }) => consumer.start()));
  await publish('before');
  await untilRead('before');
}, 60_000);

describe('a group of two, after the broker was stopped for 12 s', () => {
  test('reads again as soon as the broker serves it, and each member made new connections once', async () => {
    kafka.kafka.pause();
    const pausedAt = performance.now();
    await awaitUntil('the outage is over', () => performance.now() - pausedAt > OUTAGE_MS, {
      timeoutMs: OUTAGE_MS * 2,
    });
    kafka.kafka.resume();
    const resumedAt = performance.now();
    const sinceResumedMs = async (work: Promise<unknown>): Promise<number> => {
      await work;
      return performance.now() - resumedAt;
    };
    const published = publish('after');
    const [servedMs, readMs] = await Promise.all([
      sinceResumedMs(untilServed(topic)),
      sinceResumedMs(untilRead('after')),
    ]);
    await published;
    expect(readMs - servedMs).toBeLessThan(READS_WITHIN_MS);
    const silence = expect.stringContaining('did not fetch');
    expect(members.map(({ rebuilds }) => rebuilds)).toEqual([[silence], [silence]]);
  }, 120_000);
});
