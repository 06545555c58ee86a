import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { BusAdmin, BusRecord } from '@cordyna/bus';
import type { DecodedBatch } from '@cordyna/bus/nest';
import type { Door, PartitionRange, ProgressBuffer, TimerQueries } from '../../src/coordination/index.js';
import { InboundHandler, type DecodedInbound } from '../../src/messaging/inbound-handler.js';

const PART = 4;

/** What was handed on, and how each ends. */
class HeldDoor {
  readonly ranges: PartitionRange[] = [];
  private readonly ends: {
    resolve(position: bigint | null): void;
    reject(error: Error): void;
  }[] = [];

  submitRange(range: PartitionRange): Promise<bigint | null> {
    this.ranges.push(range);
    return new Promise((resolve, reject) => this.ends.push({ resolve, reject }));
  }

  commit(at: number): void {
    this.ends[at]?.resolve(null);
  }

  fail(at: number): void {
    this.ends[at]?.reject(new Error('it cannot be stored'));
  }
}

function batchOf(from: number, count: number): DecodedBatch<DecodedInbound> {
  const records = Array.from({ length: count }, (_, at) => ({
    record: { topic: 't', partition: 0, offset: BigInt(from + at) } as BusRecord,
    decoded: { ok: true as const, inbound: { kind: 'heartbeat' } as DecodedInbound['inbound'] },
  }));
  return {
    topicKind: 'servers',
    topic: 't',
    partition: 0,
    fetchedOffset: BigInt(from),
    nextOffset: BigInt(from + count),
    records,
    heartbeat: () => Promise.resolve(),
    isStale: () => false,
  };
}

const progress = { screen: <T>(inbounds: T): T => inbounds, add: () => undefined };

function handlerOf(door: HeldDoor): InboundHandler {
  return new InboundHandler(
    door as unknown as Door,
    progress as unknown as ProgressBuffer,
    {} as TimerQueries,
    {} as BusAdmin,
    undefined,
    PART,
  );
}

/** Whether it is resolved once everything that needs no clock is done. */
async function isDone(work: Promise<void>): Promise<boolean> {
  let done = false;
  void work.then(() => (done = true));
  await jest.advanceTimersByTimeAsync(0);
  return done;
}

const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  errors.mockClear();
});
const noSeek = (): never => {
  throw new Error('nothing is missing');
};

test('a small batch is done when it is committed', async () => {
  const door = new HeldDoor();
  const work = handlerOf(door).handle(batchOf(0, 1), noSeek);
  expect(await isDone(work)).toBe(false);
  door.commit(0);
  expect(await isDone(work)).toBe(true);
});

test('while a large batch is committed the next one is handed on, and no more', async () => {
  const door = new HeldDoor();
  const handler = handlerOf(door);
  expect(await isDone(handler.handle(batchOf(0, 3), noSeek))).toBe(true);
  const second = handler.handle(batchOf(3, 3), noSeek);
  expect(await isDone(second)).toBe(false);
  expect(door.ranges.map(({ fetchedOffset, nextOffset }) => [fetchedOffset, nextOffset])).toEqual([
    [0n, 3n],
    [3n, 6n],
  ]);
  door.commit(0);
  expect(await isDone(second)).toBe(true);
});

test('a large batch that could not be applied is read again after a while, before anything behind it', async () => {
  const door = new HeldDoor();
  const handler = handlerOf(door);
  const seek = jest.fn<(offset: bigint) => void>();
  await handler.handle(batchOf(7, 3), seek);
  const next = handler.handle(batchOf(10, 3), seek);
  door.fail(0);
  expect(await isDone(next)).toBe(false);
  expect([seek.mock.calls, errors.mock.calls.length]).toEqual([[], 1]);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(seek.mock.calls).toEqual([[7n]]);
  expect(await isDone(next)).toBe(true);
});
