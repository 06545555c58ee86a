import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PlainAnswer, readPlainAnswer } from '../src/cluster/fetch-answer.js';
import { measured } from '../src/cluster/produce-message.js';
import { encodeProduce } from '../src/cluster/requests.js';
import { ReadBatch } from '../src/consumer/read-batch.js';
import { internals } from '../src/kafkajs/internals.js';
import type { FetchedPartitionData, RawBatch } from '../src/kafkajs/internals.js';
import type { BusRecord } from '../src/port.js';
import { registerCodecs } from '../src/patches/codecs.js';
import { recordsOf } from '../src/reader/records.js';
import { fetchAnswer } from './fixtures/fetch-answers.js';
import type { AnsweredPartition } from './fixtures/fetch-answers.js';
import { message } from './fixtures/messages.js';

const ATTRIBUTES_AT = 21;
const LOG_APPEND_TIME = 0x08;
const IN_TRANSACTION = 0x10;
/** What comes before the batch of a request with one topic of one letter and one partition. */
const BEFORE_BATCH = 2 + 2 + 4 + 4 + 3 + 4 + 4 + 4;

const lz4 = Buffer.from(
  (
    JSON.parse(readFileSync(new URL('./fixtures/java-batches.json', import.meta.url), 'utf8')) as {
      lz4: string;
    }
  ).lz4,
  'base64',
);
registerCodecs();

interface Wanted {
  readonly messages: readonly (Omit<Parameters<typeof measured>[0], 'timestampMs'> & {
    timestamp?: number;
  })[];
  readonly attributes: number;
}

/** Record batches as a broker keeps them, one after the other from the offset on. */
function log(from: number, batches: readonly Wanted[]): { bytes: Buffer; end: number } {
  let end = from;
  const list = batches.map(({ messages, attributes }) => {
    const timed = messages.map(({ timestamp, ...one }) => measured({ ...one, timestampMs: timestamp }));
    const topics = [{ topic: 't', partitions: [{ partition: 0, messages: timed }] }];
    const batch = Buffer.from(encodeProduce(topics, 1).subarray(BEFORE_BATCH));
    batch.writeBigInt64BE(BigInt(end), 0);
    batch.writeInt16BE(attributes, ATTRIBUTES_AT);
    end += messages.length;
    return batch;
  });
  return { bytes: Buffer.concat(list), end };
}

const seen = ({ topic, partition, offset, timestampMs, key, value, headers }: BusRecord): BusRecord => ({
  topic,
  partition,
  offset,
  timestampMs,
  key,
  value,
  headers,
});

async function asKafkajsReads(raw: Buffer): Promise<readonly FetchedPartitionData[]> {
  const build = internals.requests['Fetch']?.protocol({ version: 11 });
  const { response } = build?.({ topics: [], maxWaitTime: 1, minBytes: 1, maxBytes: 1 }) ?? {};
  const data = (await response?.decode(raw)) as { responses: { partitions: FetchedPartitionData[] }[] };
  return data.responses[0]?.partitions ?? [];
}

const batch = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 8 }),
  attributes: fc.constantFrom(0, LOG_APPEND_TIME),
});
const partition = fc.record({
  first: fc.nat({ max: 2 ** 40 }),
  /** Records at the begin that were not asked for. */
  skipped: fc.nat({ max: 4 }),
  batches: fc.array(batch, { minLength: 1, maxLength: 3 }),
  /** Of one more batch. */
  cutOffBytes: fc.nat({ max: 80 }),
});

describe('an answer to a fetch', () => {
  test('is read as kafkajs reads it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(partition, { minLength: 1, maxLength: 3 }), async (list) => {
        const answered = list.map(({ first, batches, cutOffBytes }, number): AnsweredPartition => {
          const { bytes, end } = log(first, batches);
          const another = log(end, batches).bytes;
          return { partition: number, records: Buffer.concat([bytes, another.subarray(0, cutOffBytes)]) };
        });
        const raw = fetchAnswer('topic', answered);
        const read = readPlainAnswer(raw);
        expect(read).toBeInstanceOf(PlainAnswer);
        expect(read).toMatchObject({ clientSideThrottleTime: 7, errorCode: 0, sessionId: 11 });
        const theirs = await asKafkajsReads(raw);
        list.forEach(({ first, skipped, batches }, number) => {
          const from = String(first + Math.min(skipped, (batches[0]?.messages.length ?? 1) - 1));
          const ours = ReadBatch.of('topic', from, read!.responses[0]!.partitions[number]!)!;
          const { records, nextOffset } = recordsOf('topic', BigInt(from), theirs[number]!);
          expect(ours.portion.records.map(seen)).toEqual(records);
          expect(ours.portion.nextOffset).toBe(nextOffset);
          expect(ours.portion.fetchedOffset).toBe(BigInt(from));
          const kafkajs: RawBatch = new internals.Batch('topic', from, theirs[number]!);
          expect(ours.lastOffset()).toBe(kafkajs.lastOffset());
        });
      }),
      { numRuns: 50 },
    );
  });

  test('gives the same headers to whoever asks for them twice or out of turn', () => {
    const headers: Record<string, string>[] = [{ a: '1' }, { a: '2' }, {}, { a: '2', b: '' }];
    const messages = headers.map((one) => ({ key: null, value: 'v', headers: one }));
    const raw = fetchAnswer('t', [{ partition: 0, records: log(0, [{ messages, attributes: 0 }]).bytes }]);
    const records = readPlainAnswer(raw)!.responses[0]!.partitions[0]!.records;
    const expected = headers.map((one) =>
      Object.fromEntries(Object.entries(one).map(([name, value]) => [name, Buffer.from(value)])),
    );
    for (const index of [0, 0, 1, 3, 2, 1, 0, 3, 3]) expect(records[index]!.headers).toEqual(expected[index]);
  });

  test('moves the position over what compaction has removed', () => {
    const { bytes } = log(40, [{ messages: [{ key: null, value: 'v' }], attributes: 0 }]);
    // The head of a batch stays when its records are gone.
    const hole = Buffer.from(bytes.subarray(0, 61));
    hole.writeBigInt64BE(41n, 0);
    hole.writeInt32BE(61 - 12, 8);
    hole.writeInt32BE(9, 23);
    hole.writeInt32BE(0, 57);
    const positionAfter = (records: Buffer, from: string): bigint | undefined => {
      const raw = fetchAnswer('t', [{ partition: 0, records }]);
      return ReadBatch.of('t', from, readPlainAnswer(raw)!.responses[0]!.partitions[0]!)?.portion.nextOffset;
    };
    expect(positionAfter(Buffer.concat([bytes, hole]), '40')).toBe(51n);
    expect(positionAfter(hole, '45')).toBe(51n);
    expect(positionAfter(Buffer.alloc(0), '45')).toBeUndefined();
  });

  test('is left to kafkajs when it is packed, part of a transaction or an error', () => {
    const plain = log(0, [{ messages: [{ key: null, value: 'v' }], attributes: 0 }]).bytes;
    const inTransaction = Buffer.from(plain);
    inTransaction.writeInt16BE(IN_TRANSACTION, ATTRIBUTES_AT);
    const old = Buffer.from(plain);
    old[16] = 1;
    const read = (one: Partial<AnsweredPartition>): PlainAnswer | null =>
      readPlainAnswer(fetchAnswer('t', [{ partition: 0, records: plain, ...one }]));
    expect(read({})).not.toBeNull();
    expect(read({ records: lz4 })).toBeNull();
    expect(read({ records: inTransaction })).toBeNull();
    expect(read({ records: old })).toBeNull();
    expect(read({ errorCode: 1 })).toBeNull();
    expect(read({ aborted: 1 })).toBeNull();
  });
});
