import { expect, test } from '@jest/globals';
import type { OutboxMessage, OutboxRow } from '../../src/coordination/index.js';
import { stampValue } from '../../src/messaging/stamp.js';

const event = { specversion: '1.0', id: 'größe', data: { args: { name: 'größe' } } };
const T0 = Date.UTC(2026, 10, 21, 10, 0, 0, 123);

type Fields = Partial<OutboxMessage & Pick<OutboxRow, 'stamp'>>;
const message = (fields: Fields): OutboxMessage =>
  ({
    kind: 'fact',
    value: Buffer.from(JSON.stringify(event)),
    ackMs: null,
    ...fields,
  }) as OutboxMessage;
const stamped = (fields: Fields, lease: string | null = null): unknown =>
  JSON.parse(stampValue(message(fields), fields.stamp ?? T0, lease)?.toString('utf8') ?? '');

test('an event is told its time', () => {
  expect(stamped({})).toEqual({ time: '2026-11-21T10:00:00.123Z', ...event });
  expect(stamped({ stamp: T0 + 1_000 })).toMatchObject({ time: '2026-11-21T10:00:01.123Z' });
  expect(stamped({})).toMatchObject({ time: '2026-11-21T10:00:00.123Z' });
});

test('an invoke is told when it expires, and its lease', () => {
  const data = { ...event.data, expiresAt: '2026-11-21T10:00:10.123Z', lease: 'abc-_' };
  const time = '2026-11-21T10:00:00.123Z';
  expect(stamped({ kind: 'command', ackMs: 10_000 }, 'abc-_')).toEqual({ time, ...event, data });
});

test('a dead letter stays as it was, and what has no value has none', () => {
  const value = Buffer.from('not JSON');
  expect(stampValue(message({ kind: 'dead-letter', value }), T0, null)).toBe(value);
  expect(stampValue(message({ value: null }), T0, null)).toBeNull();
});
