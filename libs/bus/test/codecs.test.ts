import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { internals, kafkajs } from '../src/kafkajs/internals.js';
import type { RawMessage } from '../src/kafkajs/internals.js';
import { compressSnappy, registerCodecs, unsnappy } from '../src/patches/codecs.js';

/** 40 records that Kafka's own Java classes packed with each codec. */
const javaBatches = JSON.parse(
  readFileSync(new URL('./fixtures/java-batches.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;

const readBatch = internals.require<(decoder: object) => Promise<{ records: RawMessage[] }>>(
  'kafkajs/src/protocol/recordBatch/v0/decoder.js',
);

const unpack = async (codec: string): Promise<RawMessage[]> => {
  const batch = Buffer.from(javaBatches[codec] ?? '', 'base64');
  return (await readBatch(new internals.Decoder(batch))).records;
};

registerCodecs();

describe('batches that a Java producer compressed', () => {
  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('are read with %s', async (codec) => {
    const records = await unpack(codec);
    expect(records.map(({ key }) => key?.toString())).toEqual(
      Array.from({ length: 40 }, (_, index) => `key ${index}`),
    );
    const values = records.map(({ value }) => value?.toString() ?? '');
    expect(values.every((value, index) => value.startsWith(`value ${index} the quick brown fox`))).toBe(true);
    expect(values).toEqual((await unpack('gzip')).map(({ value }) => value?.toString()));
  });

  test('use the framing of snappy-java for snappy', () => {
    const batch = Buffer.from(javaBatches['snappy'] ?? '', 'base64');
    expect(batch.includes(Buffer.from('\x82SNAPPY\x00', 'latin1'))).toBe(true);
  });
});

describe('snappy', () => {
  test('without framing is read as one block', () => {
    const input = Buffer.from('plain '.repeat(1000));
    const packed = compressSnappy(input);
    expect(packed.length).toBeLessThan(input.length);
    expect(unsnappy(packed).equals(input)).toBe(true);
  });

  test('that claims to unpack to more than is ever unpacked is refused before memory is taken', async () => {
    // A length of 2^31 as the varint that opens a block, and nothing behind it.
    const bomb = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08]);
    const codec = kafkajs.CompressionCodecs[2]?.() as { decompress(input: Buffer): Promise<Buffer> };
    await expect(codec.decompress(bomb)).rejects.toMatchObject({ code: 'corrupt_record', retriable: false });
  });
});

test('garbage is an error of the closed list for each codec, not a crash with a TypeError', async () => {
  for (const type of [2, 3, 4]) {
    const codec = kafkajs.CompressionCodecs[type]?.() as { decompress(input: Buffer): Promise<Buffer> };
    await expect(codec.decompress(Buffer.from('not compressed at all'))).rejects.toMatchObject({
      name: 'BusError',
      code: 'corrupt_record',
    });
  }
});
