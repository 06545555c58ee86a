import type { PoolClient } from 'pg';

/** More than this is what an outage of Kafka has left: autovacuum cleans it up, and gives it back. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Of a table that is small and in memory: tens of milliseconds. The file stays as large as it is, for its room is wanted
 * at once. Where autovacuum or another coordinator is at it, nothing happens.
 */
export async function vacuumOutbox(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ small: boolean }>(
    `SELECT pg_table_size('outbox') <= $1::bigint AS small`,
    [MAX_BYTES],
  );
  if (rows[0]?.small) await client.query('VACUUM (SKIP_LOCKED, TRUNCATE FALSE) outbox');
}
