export interface ListOptions {
  /** Only files whose key (of S3) or path within the folder begins like this. */
  readonly prefix?: string;
  /** So many of the files are passed over; default 0. */
  readonly offset?: number;
  /** So many are given at most; default: all. A `forEach` takes 10,000. */
  readonly limit?: number;
  /** True (default): whole keys or absolute paths. False: without what leads to the file, its name alone. */
  readonly returnFullPath?: boolean;
}

export interface Page {
  readonly prefix: string;
  readonly offset: number;
  readonly limit: number;
  readonly returnFullPath: boolean;
}

/** @throws RangeError for an `offset` or `limit` that is no whole number from 0 on */
export function pageOf({ prefix = '', offset = 0, limit, returnFullPath = true }: ListOptions): Page {
  for (const [name, value] of Object.entries({ offset, limit })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    throw new RangeError(`${name} is ${JSON.stringify(value)}; it must be a whole number from 0 on`);
  }
  return { prefix, offset, limit: limit ?? Infinity, returnFullPath };
}

/** The files of a page, taken from all in their order; what is behind the page is not asked for. */
export async function takePage(keys: AsyncIterable<string>, { offset, limit }: Page): Promise<string[]> {
  const taken: string[] = [];
  if (limit === 0) return taken;
  let passed = 0;
  for await (const key of keys) {
    passed += 1;
    if (passed > offset) taken.push(key);
    if (taken.length >= limit) break;
  }
  return taken;
}
