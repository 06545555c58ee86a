/**
 * A whole task server, written against docs/protocol.md and nothing else of this repository: plain JavaScript on a
 * stock Kafka client, binary-mode CloudEvents, a CRC32 partitioner as librdkafka has, no heartbeats. It proves that the
 * protocol is the contract. What it reads from the environment is in independent/config.mjs; it logs JSON lines.
 */
import { Kafka, logLevel } from 'kafkajs';
import { consumeCommands } from './independent/commands.mjs';
import { readConfig } from './independent/config.mjs';
import { crc32Partitioner } from './independent/crc32-partitioner.mjs';
import { register } from './independent/registration.mjs';
import { createUpdates } from './independent/updates.mjs';
import { Worker } from './independent/worker.mjs';

const DRAIN_MS = 30_000;

const config = readConfig();
const log = (what, more = {}) => console.log(JSON.stringify({ what, server: config.server, ...more }));
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

const kafka = new Kafka({ clientId: config.instance, brokers: config.brokers, logLevel: logLevel.NOTHING });
const producer = kafka.producer({ createPartitioner: crc32Partitioner, allowAutoTopicCreation: false });
await producer.connect();

const answer = await register(config, { kafka, producer, log, signal: stopping.signal });
if (answer?.type === 'cordyna.server.accepted.v1') {
  log('accepted', { tasks: answer.data.tasks, unresolved: answer.data.unresolved });
  await serve();
} else if (answer) {
  for (const error of answer.data.errors) log('rejected', error);
  process.exitCode = 2;
}
await producer.disconnect();

async function serve() {
  const updates = createUpdates(config, { producer, log });
  const worker = new Worker(config, { updates, log });
  let died;
  const dead = new Promise((resolve) => (died = resolve));
  const consumer = await consumeCommands(config, { kafka, worker, updates, log, onDead: died });
  log('ready', { instance: config.instance });
  const stopped = new Promise((resolve) => {
    if (stopping.signal.aborted) resolve(undefined);
    stopping.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const error = await Promise.race([stopped, dead]);
  if (error) process.exitCode = 1;

  // `offline` would be a heartbeat, and a server without heartbeats has none to end.
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
  await consumer.disconnect();
  await worker.drain();
  log('stopped serving');
}
