import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort, startProcess } from '@cordyna/testkit';
import { LocalKeyGenerator, S3KeyGenerator } from '../src/generators/index.js';

const dir = mkdtempSync(join(tmpdir(), 'cordyna-generators-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('LocalKeyGenerator', () => {
  const root = join(dir, 'files');
  const local = new LocalKeyGenerator();
  const paths = ['a.txt', 'b/1.txt', 'b/2.txt', 'b/deep/3.txt', 'c.txt', 'da.txt'];
  beforeAll(() => {
    mkdirSync(join(root, 'b/deep'), { recursive: true });
    mkdirSync(join(root, 'empty'));
    for (const path of [...paths].reverse()) writeFileSync(join(root, path), path);
  });

  test('gives all files of a folder and those within it, in their order', async () => {
    expect(await local.listFiles(root)).toEqual(paths.map((path) => join(root, path)));
    expect(await local.listFiles(join(root, 'empty'))).toEqual([]);
  });

  test.each([
    [{ offset: 1, limit: 2 }, ['1.txt', '2.txt']],
    [{ offset: 5 }, ['da.txt']],
    [{ offset: 6 }, []],
    [{ limit: 0 }, []],
    [{ prefix: 'b/d' }, ['3.txt']],
    [{ prefix: 'b/deep/' }, ['3.txt']],
    [{ prefix: 'd' }, ['da.txt']],
    [{ prefix: 'b', offset: 1, limit: 1 }, ['2.txt']],
  ])('with %j it gives %j', async (options, names) => {
    expect(await local.listFiles(root, { ...options, returnFullPath: false })).toEqual(names);
  });

  test('says what is wrong with a page or a folder', async () => {
    await expect(local.listFiles(root, { limit: -1 })).rejects.toThrow(
      'limit is -1; it must be a whole number',
    );
    await expect(local.listFiles(root, { offset: 0.5 })).rejects.toThrow('offset is 0.5');
    await expect(local.listFiles(join(root, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const OBJECTS = 12;
const account = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** s3rver speaks the protocol of S3; for the tokens of its pages it uses a cipher that OpenSSL has set aside. */
async function startS3(): Promise<string> {
  const port = String(await freePort());
  const server = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  const place = ['--address', '127.0.0.1', '--port', port, '--directory', join(dir, 's3')];
  const started = await startProcess({
    name: 's3rver',
    command: ['node', '--openssl-legacy-provider', server, ...place, '--configure-bucket', 'bucket'],
  });
  await started.waitForOutput(/listening on/);
  return `http://127.0.0.1:${port}`;
}

describe('S3KeyGenerator', () => {
  let s3: S3KeyGenerator;
  const key = (index: number): string => `many/${String(index).padStart(2, '0')}.txt`;
  beforeAll(async () => {
    mkdirSync(join(dir, 's3'));
    const endpoint = await startS3();
    const client = new S3Client({
      endpoint,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: account,
    });
    const keys = [
      'folder/',
      'folder/a b.txt',
      'folder/ä.txt',
      ...Array.from({ length: OBJECTS }, (_, index) => key(index)),
    ];
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: 'x' }));
    client.destroy();
    s3 = new S3KeyGenerator({ ...account, endpoint, pageKeys: 5 });
  }, 60_000);
  afterAll(() => s3.close());

  test('gives all keys, over several pages of the server, without those of folders', async () => {
    const keys = await s3.listFiles('bucket');

    expect(keys).toHaveLength(OBJECTS + 2);
    expect(keys.slice(0, 3)).toEqual(['folder/a b.txt', 'folder/ä.txt', key(0)]);
    expect(keys.at(-1)).toBe(key(OBJECTS - 1));
  });

  test.each([
    [{ prefix: 'folder/' }, ['a b.txt', 'ä.txt']],
    [{ prefix: 'many/', offset: 4, limit: 3 }, ['04.txt', '05.txt', '06.txt']],
    [{ prefix: 'many/', offset: 11 }, ['11.txt']],
    [{ prefix: 'none/' }, []],
  ])('with %j it gives %j', async (options, names) => {
    expect(await s3.listFiles('bucket', { ...options, returnFullPath: false })).toEqual(names);
  });

  test('passes the errors of the server on', async () => {
    await expect(s3.listFiles('no-bucket')).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});
