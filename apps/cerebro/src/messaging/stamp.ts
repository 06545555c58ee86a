import type { StoredOutboxMessage } from '../coordination/index.js';

/**
 * What only the moment of publication knows: the event's `time`, and in an invoke `expiresAt` and the lease, which is
 * never stored. The envelope puts `data` last, so the fields go in before the two closing braces.
 */
export function stampValue(message: StoredOutboxMessage, lease: string | null): Buffer | null {
  const { value, kind, ackMs, stamp } = message;
  if (value === null || kind === 'dead-letter') return value;
  const text = value.toString('utf8');
  const time = `{"time":"${new Date(stamp).toISOString()}",`;
  if (ackMs === null || lease === null) return Buffer.from(time + text.slice(1));
  const expiresAt = new Date(stamp + ackMs).toISOString();
  return Buffer.from(`${time}${text.slice(1, -2)},"expiresAt":"${expiresAt}","lease":"${lease}"}}`);
}
