import { basename } from 'node:path';
import type * as AwsSdk from '@aws-sdk/client-s3';
import { TaskServerError } from '../errors.js';
import { pageOf, takePage } from './list-options.js';
import type { ListOptions } from './list-options.js';

/** What is left out is found as the AWS SDK finds it: in the environment, in shared files, from the instance. */
export interface S3Options {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Default `us-east-1`, which servers other than Amazon's take. */
  readonly region?: string;
  /** URL of a server other than Amazon's; buckets are then parts of the path. */
  readonly endpoint?: string;
  /** Keys per request; default 1,000, the most that S3 gives. */
  readonly pageKeys?: number;
}

const PAGE_KEYS = 1_000;

/**
 * Lists objects of S3 or of a server that speaks its protocol, e.g. for a task whose output is the `items` of a `forEach`.
 * Needs the package `@aws-sdk/client-s3` (3), which is not installed with this one.
 */
export class S3KeyGenerator {
  private client: Promise<AwsSdk.S3Client> | undefined;

  constructor(private readonly options: S3Options = {}) {}

  /**
   * Keys in their order (of UTF-8 bytes); objects that stand for folders (`…/`) are passed over.
   * @throws RangeError for a wrong `offset` or `limit`; TaskServerError `invalid_options` when the AWS SDK is not installed;
   *   errors of the AWS SDK (`NoSuchBucket`, `AccessDenied`, …) as they are
   */
  async listFiles(bucket: string, options: ListOptions = {}): Promise<string[]> {
    const page = pageOf(options);
    const found = await takePage(this.keysOf(bucket, page.prefix), page);
    return page.returnFullPath ? found : found.map((key) => basename(key));
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    (await this.client)?.destroy();
  }

  private async *keysOf(bucket: string, prefix: string): AsyncGenerator<string> {
    const { paginateListObjectsV2 } = await awsSdk();
    this.client ??= clientOf(this.options);
    const client = await this.client;
    const { pageKeys: pageSize = PAGE_KEYS } = this.options;
    const input = { Bucket: bucket, ...(prefix === '' ? {} : { Prefix: prefix }) };
    for await (const { Contents = [] } of paginateListObjectsV2({ client, pageSize }, input)) {
      for (const { Key } of Contents) if (Key !== undefined && !Key.endsWith('/')) yield Key;
    }
  }
}

async function clientOf(options: S3Options): Promise<AwsSdk.S3Client> {
  const { accessKeyId, secretAccessKey, sessionToken, region = 'us-east-1', endpoint } = options;
  const { S3Client: Client } = await awsSdk();
  const isGiven = accessKeyId !== undefined && secretAccessKey !== undefined;
  return new Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(isGiven
      ? {
          credentials: {
            accessKeyId,
            secretAccessKey,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }
      : {}),
  });
}

async function awsSdk(): Promise<typeof AwsSdk> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    const message = 'S3KeyGenerator needs the AWS SDK; install it: npm install @aws-sdk/client-s3';
    throw new TaskServerError('invalid_options', message, { cause });
  }
}
