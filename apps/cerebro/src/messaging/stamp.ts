import type { OutboxMessage } from '../coordination/index.js';
import { remembered } from './remembered.js';

const isoOf = (ms: number): string => new Date(ms).toISOString();
/** All messages of a commit have the same times. */
const timeOf = remembered((stamp: number) => `{"time":"${isoOf(stamp)}",`);
const expiryOf = remembered((ms: number) => `,"expiresAt":"${isoOf(ms)}","lease":"`);

/**
 * What only the moment of publication knows: the event's `time`, and in an invoke `expiresAt` and the lease, which is
 * never stored. The envelope puts `data` last, so the fields go in before the two closing braces. What goes in is ASCII.
 */
export function stampValue(message: OutboxMessage, stamp: number, lease: string | null): Buffer | null {
  const { value, kind, ackMs } = message;
  if (value === null || kind === 'dead-letter') return value;
  const time = timeOf(stamp);
  if (ackMs === null || lease === null) return between(time, value.subarray(1), '');
  return between(time, value.subarray(1, -2), `${expiryOf(stamp + ackMs)}${lease}"}}`);
}

function between(before: string, bytes: Buffer, after: string): Buffer {
  const joined = Buffer.allocUnsafe(before.length + bytes.length + after.length);
  joined.write(before, 0, 'latin1');
  joined.set(bytes, before.length);
  joined.write(after, before.length + bytes.length, 'latin1');
  return joined;
}
