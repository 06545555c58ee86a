import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  createTopics,
  dumpTopic,
  emptyDatabase,
  kafkaClient,
  listTopics,
  testBroker,
  testDatabase,
} from '../src/index.js';
import type { TestBroker, TestDatabase } from '../src/index.js';

describe('the shared Kafka', () => {
  let broker: TestBroker;
  let topic: string;
  const producer = () => kafkaClient(broker.brokers).producer({ allowAutoTopicCreation: false });

  beforeAll(async () => {
    broker = await testBroker();
    topic = `${broker.prefix}.things`;
    await createTopics(broker.brokers, [{ topic, numPartitions: 3 }]);
  }, 60_000);

  test('gives each test a prefix of its own and lists only its topics', async () => {
    const other = await testBroker();
    expect(other.prefix).not.toBe(broker.prefix);
    expect(await listTopics(broker.brokers, broker.prefix)).toEqual([topic]);
    expect(await listTopics(other.brokers, other.prefix)).toEqual([]);
  });

  test('does not create a topic because somebody asked for it', async () => {
    await expect(dumpTopic(broker.brokers, `${broker.prefix}.never-made`)).rejects.toThrow();
    expect(await listTopics(broker.brokers, broker.prefix)).toEqual([topic]);
  });

  test('a dump has every record of every partition, null values and headers too', async () => {
    expect(await dumpTopic(broker.brokers, topic)).toEqual([]);
    const client = producer();
    await client.connect();
    const messages = Array.from({ length: 500 }, (_, index) => ({
      partition: index % 2,
      key: `k${index}`,
      value: index === 7 ? null : `v${index}`,
      headers: { n: String(index) },
    }));
    await client.send({ topic, messages });
    await client.disconnect();

    const records = await dumpTopic(broker.brokers, topic);
    expect(records).toHaveLength(500);
    expect(records.map(({ key }) => key).sort()).toEqual(messages.map(({ key }) => key).sort());
    expect(records.find(({ key }) => key === 'k7')).toMatchObject({
      partition: 1,
      value: null,
      headers: { n: '7' },
    });
    expect(records.filter(({ partition }) => partition === 0).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 250 }, (_, index) => BigInt(index)),
    );
  }, 30_000);

  test('a dump ends although a partition ends in control records', async () => {
    const client = kafkaClient(broker.brokers).producer({ transactionalId: topic, maxInFlightRequests: 1 });
    await client.connect();
    const transaction = await client.transaction();
    await transaction.send({ topic, messages: [{ partition: 2, key: 'kept', value: 'x' }] });
    await transaction.commit();
    const aborted = await client.transaction();
    await aborted.send({ topic, messages: [{ partition: 2, key: 'aborted', value: 'x' }] });
    await aborted.abort();
    await client.disconnect();

    const keys = (await dumpTopic(broker.brokers, topic)).filter(({ partition }) => partition === 2);
    expect(keys.map(({ key }) => key)).toEqual(['kept', 'aborted']);
  }, 30_000);
});

describe('the shared PostgreSQL', () => {
  const databases: TestDatabase[] = [];
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  test('gives each test a database of its own with durable commits', async () => {
    databases.push(await testDatabase(), await emptyDatabase());
    const [first, second] = databases.map(({ url }) => new pg.Client({ connectionString: url })) as [
      pg.Client,
      pg.Client,
    ];
    await Promise.all([first.connect(), second.connect()]);
    await first.query('CREATE TABLE only_here (id int)');
    const found = await second.query("SELECT 1 FROM pg_tables WHERE tablename = 'only_here'");
    expect(found.rowCount).toBe(0);
    const tables = await second.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
    expect(tables.rowCount).toBe(0);
    const durable = await first.query('SELECT current_setting($1) AS fsync, current_setting($2) AS commit', [
      'fsync',
      'synchronous_commit',
    ]);
    expect(durable.rows).toEqual([{ fsync: 'on', commit: 'on' }]);
    await Promise.all([first.end(), second.end()]);
  }, 30_000);
});
