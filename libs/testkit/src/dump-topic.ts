import { randomBytes } from 'node:crypto';
import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs';
import { awaitUntil } from './await-until.js';
import { kafkaClient } from './kafka-client.js';
import { withAdmin } from './topics.js';

export interface DumpedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970, as the record carries it. */
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const DUMP_MS = 30_000;
/** So many fetches in a row that brought nothing: what is left up to the end are control records and compacted gaps. */
const EMPTY_FETCHES = 3;

function text(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
}

function record(topic: string, partition: number, message: KafkaMessage): DumpedRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key?.toString('utf8') ?? null,
    value: message.value?.toString('utf8') ?? null,
    headers: text(message.headers),
  };
}

/** Partitions that held anything, and where they ended, when the dump began. */
const ends = (brokers: readonly string[], topic: string): Promise<Map<number, bigint>> =>
  withAdmin(brokers, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  });

async function readTo(
  consumer: Consumer,
  topic: string,
  open: Map<number, bigint>,
  timeoutMs: number,
): Promise<DumpedRecord[]> {
  const records: DumpedRecord[] = [];
  let emptyFetches = 0;
  let crash: Error | undefined;
  consumer.on(consumer.events.CRASH, ({ payload }) => (crash = payload.error));
  consumer.on(consumer.events.FETCH, () => (emptyFetches += 1));
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      emptyFetches = 0;
      records.push(...batch.messages.map((message) => record(topic, batch.partition, message)));
      const end = open.get(batch.partition);
      if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) open.delete(batch.partition);
    },
  });
  await awaitUntil(
    `all of ${topic} is read`,
    () => crash !== undefined || open.size === 0 || emptyFetches > EMPTY_FETCHES,
    { timeoutMs, everyMs: 5 },
  );
  if (crash) throw crash;
  return records;
}

async function readOnce(
  brokers: readonly string[],
  topic: string,
  open: Map<number, bigint>,
  timeoutMs: number,
): Promise<DumpedRecord[]> {
  const consumer = kafkaClient(brokers).consumer({
    groupId: `dump-${randomBytes(6).toString('hex')}`,
    readUncommitted: true,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 4 * 1024 * 1024,
  });
  await consumer.connect();
  try {
    return await readTo(consumer, topic, new Map(open), timeoutMs);
  } finally {
    await consumer.disconnect();
  }
}

/** A broker that has just started is still loading its groups and leads no partition yet. */
const isPassing = (error: unknown): boolean =>
  (error as { type?: string }).type === 'GROUP_LOAD_IN_PROGRESS' ||
  (error as { retriable?: boolean }).retriable === true;

/** Everything that a topic holds now, uncommitted transactions included, by partition and offset. */
export async function dumpTopic(
  brokers: readonly string[],
  topic: string,
  timeoutMs = DUMP_MS,
): Promise<DumpedRecord[]> {
  const read = async (): Promise<DumpedRecord[]> => {
    const open = await ends(brokers, topic);
    return open.size === 0 ? [] : readOnce(brokers, topic, open, timeoutMs);
  };
  const records = await awaitUntil(
    `${topic} can be read`,
    () =>
      read().catch((error: unknown) => {
        if (isPassing(error)) throw error;
        return { error };
      }),
    { timeoutMs, everyMs: 100 },
  );
  if ('error' in records) throw records.error;
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}
