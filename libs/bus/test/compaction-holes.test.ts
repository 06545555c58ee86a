import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { internals } from '../src/kafkajs/internals.js';
import type { FetchedPartitionData } from '../src/kafkajs/internals.js';
import { lastOffsetOfBatches, patchCompactionHoles } from '../src/patches/compaction-holes.js';
import { recordsOf } from '../src/reader/records.js';

const HEADER_BYTES = 61;

/** 40 records from offset 0 on. */
const fullBatch = Buffer.from(
  (
    JSON.parse(readFileSync(new URL('./fixtures/java-batches.json', import.meta.url), 'utf8')) as {
      lz4: string;
    }
  ).lz4,
  'base64',
);

/** What compaction leaves of a batch of an idempotent producer: its head, without a record. */
function emptyBatch(baseOffset: bigint, lastOffsetDelta: number): Buffer {
  const batch = Buffer.from(fullBatch.subarray(0, HEADER_BYTES));
  batch.writeBigInt64BE(baseOffset, 0);
  batch.writeInt32BE(HEADER_BYTES - 12, 8);
  batch.writeInt16BE(0, 21);
  batch.writeInt32BE(lastOffsetDelta, 23);
  batch.writeInt32BE(0, 57);
  return batch;
}

function fetchResponse(topic: string, records: Buffer): Buffer {
  const head = Buffer.alloc(14 + 2 + topic.length + 4 + 4 + 2 + 24 + 4 + 4 + 4);
  let at = 10; // throttle time, error, session
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(topic.length, at);
  at += head.write(topic, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(5, at); // partition
  at = head.writeInt16BE(0, at);
  at = head.writeBigInt64BE(100n, at);
  at = head.writeBigInt64BE(100n, at);
  at = head.writeBigInt64BE(0n, at);
  at = head.writeInt32BE(0, at); // aborted transactions
  at = head.writeInt32BE(-1, at); // preferred replica
  head.writeInt32BE(records.length, at);
  return Buffer.concat([head, records]);
}

async function decode(records: Buffer): Promise<FetchedPartitionData> {
  const build = internals.requests['Fetch']?.protocol({ version: 11 });
  const { response } = build?.({ topics: [], maxWaitTime: 1, minBytes: 1, maxBytes: 1 }) ?? {};
  const data = (await response?.decode(fetchResponse('declarations', records))) as {
    responses: { partitions: FetchedPartitionData[] }[];
  };
  const partition = data.responses[0]?.partitions[0];
  if (partition === undefined) throw new Error('no partition in the response');
  return partition;
}

beforeAll(async () => {
  const before = await decode(emptyBatch(7n, 4));
  // Without the patch nothing tells that the fetch reached beyond offset 7.
  expect(before.messages).toEqual([]);
  const { registerCodecs } = await import('../src/patches/codecs.js');
  registerCodecs();
  patchCompactionHoles();
});

describe('after compaction', () => {
  test('the position passes a batch of which no record is left', async () => {
    const data = await decode(emptyBatch(7n, 4));
    expect(recordsOf('declarations', 7n, data)).toEqual({ records: [], nextOffset: 12n });
  });

  test('the position passes removed records at the end of what was fetched', async () => {
    const data = await decode(Buffer.concat([fullBatch, emptyBatch(40n, 9)]));
    const { records, nextOffset } = recordsOf('declarations', 0n, data);
    expect(records).toHaveLength(40);
    expect(nextOffset).toBe(50n);
  });

  test('a batch that is whole is read as before', async () => {
    const data = await decode(fullBatch);
    expect(data.messages).toHaveLength(40);
    expect(recordsOf('declarations', 38n, data)).toMatchObject({
      records: [{ offset: 38n }, { offset: 39n }],
      nextOffset: 40n,
    });
  });

  test('a batch that was cut off at the end is left for the next fetch', () => {
    const cut = Buffer.concat([fullBatch, emptyBatch(40n, 9).subarray(0, 40)]);
    expect(lastOffsetOfBatches(cut)).toBe(39n);
    expect(lastOffsetOfBatches(Buffer.alloc(0))).toBeUndefined();
  });
});
