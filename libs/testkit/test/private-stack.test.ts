import { expect, test } from '@jest/globals';
import pg from 'pg';
import {
  awaitUntil,
  createTopics,
  dumpTopic,
  kafkaClient,
  privateKafka,
  privatePostgres,
} from '../src/index.js';

test('clients that begin at the proxy stay behind it, and what it holds back has not reached Kafka', async () => {
  const { brokers, proxiedBrokers, prefix, proxy, kafka } = await privateKafka();
  const topic = `${prefix}.held`;
  await createTopics(brokers, [{ topic, numPartitions: 1 }]);
  const producer = kafkaClient(proxiedBrokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'first' }] });
  proxy.hold('toServer');
  const sent = producer.send({ topic, messages: [{ value: 'second' }] });
  await awaitUntil('the bytes are held', () => proxy.heldBytes('toServer') > 0);
  expect((await dumpTopic(brokers, topic)).map(({ value }) => value)).toEqual(['first']);
  proxy.release();
  await sent;
  expect((await dumpTopic(brokers, topic)).map(({ value }) => value)).toEqual(['first', 'second']);
  await producer.disconnect();
  await kafka.stop();
}, 90_000);

test('a PostgreSQL of one has other databases and a way through a proxy', async () => {
  const { proxiedUrl, proxy, createDatabase, postgres } = await privatePostgres();
  const other = await createDatabase();
  const url = new URL(proxiedUrl);
  url.pathname = new URL(other.url).pathname;
  const client = new pg.Client({ connectionString: url.href });
  let lost: Error | undefined;
  client.on('error', (error) => (lost = error));
  await client.connect();
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  proxy.reset();
  await awaitUntil('the session is lost', () => lost);
  await postgres.stop();
}, 60_000);
