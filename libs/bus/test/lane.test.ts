import { describe, expect, test } from '@jest/globals';
import { awaitUntil } from '@cordyna/testkit';
import { Lane } from '../src/consumer/lane.js';
import type { LaneHandlers, Portion } from '../src/consumer/lane.js';
import type { BusBatch, BusRecord } from '../src/port.js';

const where = { topic: 't', partition: 3 };
const record = (offset: bigint): BusRecord => ({
  ...where,
  offset,
  timestampMs: 0,
  key: null,
  value: null,
  headers: {},
});
const portion = (from: bigint, to: bigint, bytes = 0): Portion => ({
  fetchedOffset: from,
  nextOffset: to,
  records: Array.from({ length: Number(to - from) }, (_, index) => record(from + BigInt(index))),
  bytes,
});

interface Gate {
  readonly promise: Promise<void>;
  open(): void;
}
function gate(): Gate {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const silent = { onBacklog: () => undefined, onHandlerError: () => undefined, onJump: () => undefined };

function lane(onBatch: (batch: BusBatch) => Promise<void>, more: Partial<LaneHandlers> = {}): Lane {
  return new Lane(where, { ...silent, onBatch, ...more });
}

const ranges = (batches: readonly BusBatch[]): [bigint, bigint][] =>
  batches.map(({ fetchedOffset, nextOffset }) => [fetchedOffset, nextOffset]);

describe('a lane', () => {
  test('hands over as one batch all that arrived while the handler ran', async () => {
    const first = gate();
    const batches: BusBatch[] = [];
    const tested = lane(async (batch) => {
      batches.push(batch);
      if (batches.length === 1) await first.promise;
    });
    tested.push(portion(0n, 2n));
    await awaitUntil('the first batch is in hand', () => batches.length === 1);
    tested.push(portion(2n, 3n));
    tested.push(portion(3n, 3n));
    tested.push(portion(3n, 5n));
    first.open();
    await awaitUntil('all is handled', () => tested.position === 5n);
    expect(ranges(batches)).toEqual([
      [0n, 2n],
      [2n, 5n],
    ]);
    expect(batches[1]?.records.map(({ offset }) => offset)).toEqual([2n, 3n, 4n]);
  });

  test('never joins what does not follow each other', async () => {
    const first = gate();
    const batches: BusBatch[] = [];
    const tested = lane(async (batch) => {
      batches.push(batch);
      if (batches.length === 1) await first.promise;
    });
    tested.push(portion(0n, 1n));
    await awaitUntil('the first batch is in hand', () => batches.length === 1);
    tested.push(portion(1n, 2n));
    tested.push(portion(7n, 8n));
    first.open();
    await awaitUntil('all is handled', () => tested.position === 8n);
    expect(ranges(batches)).toEqual([
      [0n, 1n],
      [1n, 2n],
      [7n, 8n],
    ]);
  });

  test('gives the same batch again when the handler throws, whatever it throws', async () => {
    const thrown: unknown[] = [];
    const batches: BusBatch[] = [];
    const failures = [new TypeError('a bug'), new SyntaxError('bad JSON'), 'text'];
    const tested = lane(
      (batch) => {
        batches.push(batch);
        const failure = failures[batches.length - 1];

        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      },
      { onHandlerError: (error) => thrown.push(error) },
    );
    tested.push(portion(4n, 6n));
    await awaitUntil('the batch is handled', () => tested.position === 6n);
    expect(thrown).toEqual(failures);
    expect(new Set(batches)).toEqual(new Set([batches[0]]));
    expect(batches).toHaveLength(4);
  });

  test('moves its position only when the handler is done', async () => {
    const hold = gate();
    const tested = lane(() => hold.promise);
    tested.push(portion(0n, 9n));
    await new Promise((resolve) => setImmediate(resolve));
    expect(tested.position).toBeUndefined();
    hold.open();
    await tested.idle;
    expect(tested.position).toBe(9n);
  });

  test('begins nothing new when it is closed, and lets what is in hand finish', async () => {
    const hold = gate();
    const batches: BusBatch[] = [];
    const tested = lane(async (batch) => {
      batches.push(batch);
      await hold.promise;
    });
    tested.push(portion(0n, 1n));
    await awaitUntil('the first batch is in hand', () => batches.length === 1);
    tested.push(portion(1n, 2n));
    const closed = tested.close();
    tested.push(portion(2n, 3n));
    hold.open();
    await closed;
    expect(ranges(batches)).toEqual([[0n, 1n]]);
    expect(tested.position).toBe(1n);
  });

  test('does not try a failing batch again once it is closed', async () => {
    let calls = 0;
    const tested = lane(() => {
      calls += 1;
      return Promise.reject(new Error('store is away'));
    });
    tested.push(portion(0n, 1n));
    await awaitUntil('the batch failed', () => calls === 1);
    await tested.close();
    expect(calls).toBe(1);
    expect(tested.position).toBeUndefined();
  });

  test('tells a batch in hand that it is stale, and takes no position from it', async () => {
    const hold = gate();
    const batches: BusBatch[] = [];
    const tested = lane(async (batch) => {
      batches.push(batch);
      await hold.promise;
    });
    tested.push(portion(0n, 1n));
    await awaitUntil('the batch is in hand', () => batches.length === 1);
    expect(batches[0]?.isStale()).toBe(false);
    tested.expire();
    expect(batches[0]?.isStale()).toBe(true);
    hold.open();
    await tested.idle;
    expect(tested.position).toBeUndefined();
  });

  test('waits for the lane that had the partition before', async () => {
    const hold = gate();
    const order: string[] = [];
    const before = lane(async () => {
      await hold.promise;
      order.push('before');
    });
    before.push(portion(0n, 1n));
    before.expire();
    const after = new Lane(
      where,
      {
        onBatch: () => Promise.resolve(void order.push('after')),
        ...silent,
      },
      hold.promise.then(() => before.idle),
    );
    after.push(portion(0n, 1n));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    hold.open();
    await after.idle;
    expect(order.at(-1)).toBe('after');
  });

  test('says when reading went on elsewhere than expected', async () => {
    const jumps: [bigint, bigint][] = [];
    const tested = lane(() => Promise.resolve(), {
      onJump: (expected, actual) => jumps.push([expected, actual]),
    });
    tested.push(portion(5n, 6n));
    tested.push(portion(6n, 8n));
    expect(jumps).toEqual([]);
    tested.push(portion(9n, 10n));
    tested.expected = 7n;
    tested.push(portion(0n, 1n));
    expect(jumps).toEqual([
      [8n, 9n],
      [7n, 0n],
    ]);
    await tested.idle;
  });

  test('says when its backlog is large, and when it is small again', async () => {
    const hold = gate();
    const states: boolean[] = [];
    const tested = lane(() => hold.promise, { onBacklog: (full) => states.push(full) });
    tested.push(portion(0n, 1n));
    await new Promise((resolve) => setImmediate(resolve));
    tested.push(portion(1n, 2n, 5 * 1024 * 1024));
    expect(states).toEqual([true]);
    tested.push(portion(2n, 3n, 5 * 1024 * 1024));
    expect(states).toEqual([true]);
    hold.open();
    await awaitUntil('all is handled', () => tested.position === 3n);
    expect(states).toEqual([true, false]);
  });
});
