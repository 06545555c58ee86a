import type { PoolClient } from 'pg';

const ended = new WeakSet<object>();

/** A client in use reports the end of its session to its queries, and when it has none only here. */
export function watchSession(client: PoolClient): void {
  client.on('error', () => void ended.add(client));
}

/** Nothing that is sent from now on reaches the server. */
export const hasEnded = (client: PoolClient): boolean => ended.has(client);
