// Lists the files of a folder (or of a bucket) and takes each by itself, twenty at once; one that cannot be read stops nobody:
//   npm run build && KAFKA_BROKERS=127.0.0.1:9092 node examples/fan-out/server.mjs
//   npm run dyna -- invoke files.list --arg folder=/usr/share/doc --wait
// With `bucket` in the place of `folder`, and AWS's usual variables, the keys are those of S3.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createTaskServer, optionsFromEnvironment, TaskFailure } from '@cordyna/task-server';
import { LocalKeyGenerator, S3KeyGenerator } from '@cordyna/task-server/generators';

/** What a `forEach` takes at most. */
const MOST = 10_000;
const EACH = {
  forEach: 'list',
  limits: [{ max: 20 }],
  onError: 'continue',
  description: 'The SHA-256 of one file.',
};
const local = new LocalKeyGenerator();
const s3 = new S3KeyGenerator({ endpoint: process.env.S3_ENDPOINT });

async function checksumOf(path, signal) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { signal }), hash);
  return hash.digest('hex');
}

await createTaskServer({ ...optionsFromEnvironment(), name: 'files', description: 'Takes files one by one.' })
  .task('list', { description: 'Lists files.' }, async ({ event }) => {
    const { folder, bucket, prefix, offset, limit = MOST } = event.args;
    const options = { prefix, offset, limit };
    if (bucket !== undefined) return { items: await s3.listFiles(bucket, options) };
    if (folder !== undefined) return { items: await local.listFiles(folder, options) };
    throw TaskFailure.nonRetryable('nothing_to_list', 'give the argument folder or bucket');
  })
  .task('checksum', EACH, async ({ event, tools }) => {
    const { value: file } = event.item;
    return { file, sha256: event.args.bucket === undefined ? await checksumOf(file, tools.signal) : null };
  })
  .task(
    'summary',
    { dependsOn: ['checksum'], description: 'Says what there is more than once.' },
    ({ event }) => {
      // Of a file that could not be read there is an empty output, of one in a bucket no sum.
      const taken = event.inputs['files.checksum'].filter(({ sha256 }) => sha256);
      const twice = [...bySum(taken).values()]
        .filter((same) => same.length > 1)
        .map((same) => same.map(({ file }) => file));
      return { files: event.inputs['files.checksum'].length, twice };
    },
  )
  .start();

function bySum(taken) {
  const seen = new Map();
  for (const one of taken) seen.set(one.sha256, [...(seen.get(one.sha256) ?? []), one]);
  return seen;
}
