import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { measured } from '../src/cluster/produce-message.js';
import { BusError } from '../src/errors.js';
import type { OutMessage } from '../src/port.js';
import { bytesOf, halvesOf, mayHoldGood, requestsOf, split } from '../src/publisher/plan.js';
import type { Chunk, Outgoing } from '../src/publisher/plan.js';

const outgoing = (bytes: number, extra: Partial<OutMessage> = {}): Outgoing => ({
  message: { topic: 't', key: null, value: null, ...extra },
  record: measured({ key: null, value: null }),
  bytes,
  settle: () => undefined,
});
const chunkOf = (items: readonly Outgoing[]): Chunk => {
  const [chunk] = split('t', 0, items, Infinity);
  if (chunk === undefined) throw new Error('no items');
  return chunk;
};
const refusal = (code: 'invalid_timestamp' | 'too_large' | 'not_authorized'): BusError =>
  new BusError(code, code, { retriable: false, outcome: 'refused' });

const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 60 });

describe('splitting by size', () => {
  test('keeps all messages in order, and a chunk is over the limit only when it is one message', () => {
    fc.assert(
      fc.property(sizes, (bytes) => {
        const items = bytes.map((size) => outgoing(size));
        const chunks = split('t', 0, items, 100);
        expect(chunks.flatMap((chunk) => chunk.items)).toEqual(items);
        for (const chunk of chunks) expect(chunk.bytes <= 100 || chunk.items.length === 1).toBe(true);
      }),
    );
  });

  test('fills chunks: two that follow each other never fit into one', () => {
    fc.assert(
      fc.property(sizes, (bytes) => {
        const chunks = split(
          't',
          0,
          bytes.map((size) => outgoing(size)),
          100,
        );
        chunks.slice(1).forEach((chunk, index) => {
          expect((chunks[index]?.bytes ?? 0) + (chunk.items[0]?.bytes ?? 0)).toBeGreaterThan(100);
        });
      }),
    );
  });

  test('groups chunks of several partitions into requests of bounded size', () => {
    fc.assert(
      fc.property(sizes, (bytes) => {
        const chunks = bytes.map((size) => chunkOf([outgoing(size)]));
        const groups = requestsOf(chunks, 200);
        expect(groups.flat()).toEqual(chunks);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.reduce((sum, { bytes: size }) => sum + size, 0)).toBeLessThanOrEqual(200);
        }
      }),
    );
  });

  test('counts key, value and headers', () => {
    const small = bytesOf(measured({ key: null, value: null }));
    const value = Buffer.alloc(1000);
    expect(bytesOf(measured({ key: 'ä', value, headers: { name: 'value' } }))).toBeGreaterThanOrEqual(
      small + 2 + 1000 + 9,
    );
  });
});

describe('a chunk that the broker refused', () => {
  test('is halved while it may hold messages that are fine', () => {
    const two = chunkOf([outgoing(1, { timestampMs: 1 }), outgoing(1, { timestampMs: 2 })]);
    expect(mayHoldGood(two, refusal('invalid_timestamp'))).toBe(true);
    expect(mayHoldGood(two, refusal('too_large'))).toBe(true);
    expect(halvesOf(two).map((half) => half.items.length)).toEqual([1, 1]);
  });

  test('is not tried again when all of it is refused for the same reason', () => {
    const equal = chunkOf([outgoing(1, { timestampMs: 1 }), outgoing(1, { timestampMs: 1 })]);
    expect(mayHoldGood(equal, refusal('invalid_timestamp'))).toBe(false);
    expect(mayHoldGood(equal, refusal('not_authorized'))).toBe(false);
    expect(mayHoldGood(chunkOf([outgoing(1)]), refusal('too_large'))).toBe(false);
  });

  test('is never sent again when its outcome is unknown', () => {
    const two = chunkOf([outgoing(1, { timestampMs: 1 }), outgoing(1, { timestampMs: 2 })]);
    expect(
      mayHoldGood(two, new BusError('too_large', 'maybe', { retriable: false, outcome: 'unknown' })),
    ).toBe(false);
  });

  test('has halves that together are the chunk', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 20 }), (bytes) => {
        const chunk = chunkOf(bytes.map((size) => outgoing(size)));
        const [left, right] = halvesOf(chunk);
        expect([...left.items, ...right.items]).toEqual(chunk.items);
        expect(left.bytes + right.bytes).toBe(chunk.bytes);
        expect(left.items.length).toBeGreaterThan(0);
        expect(right.items.length).toBeGreaterThan(0);
      }),
    );
  });
});
