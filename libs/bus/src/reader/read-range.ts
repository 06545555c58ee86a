import { BusError } from '../errors.js';
import type { BusConfig, BusRecord } from '../port.js';
import { Fetcher } from './fetcher.js';

const MAX_WAIT_MS = 250;
const PAUSE_AFTER_FAILURE_MS = 50;

export interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly timeoutMs: number;
}

/** The committed records of [from, to); open transactions before `to` are waited for. */
export async function* readRange(
  config: BusConfig,
  range: Range,
): AsyncGenerator<BusRecord, void, undefined> {
  if (range.from >= range.to) return;
  const deadline = Date.now() + range.timeoutMs;
  const fetcher = new Fetcher(config, range.topic);
  // Also cuts a request that does not come back.
  const limit = setTimeout(() => {
    fetcher.close();
  }, range.timeoutMs);
  try {
    for (let position = range.from; position < range.to;) {
      const answer = await readFrom(fetcher, range, position, deadline);
      for (const record of answer.records) if (record.offset < range.to) yield record;
      position = answer.nextOffset;
    }
  } finally {
    clearTimeout(limit);
    fetcher.close();
  }
}

async function readFrom(
  fetcher: Fetcher,
  { topic, partition, timeoutMs, to }: Range,
  position: bigint,
  deadline: number,
): Promise<{ records: readonly BusRecord[]; nextOffset: bigint }> {
  let failure: unknown;
  for (let leftMs = deadline - Date.now(); leftMs > 0; leftMs = deadline - Date.now()) {
    try {
      const waitMs = Math.min(MAX_WAIT_MS, leftMs);
      const answer = (await fetcher.fetch(new Map([[partition, position]]), waitMs)).get(partition);
      if (answer !== undefined && !(answer instanceof BusError)) {
        if (answer.nextOffset > position) return answer;
        continue;
      }
      failure = answer;
    } catch (error) {
      failure = error;
    }
    if (failure instanceof BusError && !failure.retriable && failure.code !== 'closed') throw failure;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_FAILURE_MS));
  }
  const text = `${topic}/${partition} was read up to ${position} of ${to} in ${timeoutMs} ms`;
  throw new BusError('timed_out', text, { retriable: true, cause: failure });
}
