import { Client } from 'pg';
import { dataSourceOf } from '../data-source.js';

/** Any number that nobody else in this database uses. */
const LOCK = 7_225_036_912;

export interface MigrateOptions {
  readonly url: string;
  readonly applicationName: string;
  /** How long to wait for PostgreSQL, and for another coordinator that is migrating. */
  readonly waitMs: number;
}

/** The lock lives in a session of its own, so that it is given back whatever becomes of the migration's session. */
async function lock({ url, applicationName, waitMs }: MigrateOptions): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: `${applicationName}-migration`,
    connectionTimeoutMillis: Math.min(waitMs, 3_000),
    statement_timeout: waitMs,
    query_timeout: waitMs + 1_000,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/**
 * Brings the schema up to date; does nothing when it is. Any number of coordinators may do so at once.
 * @returns the names of the migrations that ran
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const session = await lock(options);
  const source = dataSourceOf({
    url: options.url,
    applicationName: `${options.applicationName}-migration`,
    poolSize: 1,
    statementMs: null,
    onError: () => undefined,
  });
  try {
    await source.initialize();
    return (await source.runMigrations()).map(({ name }) => name);
  } finally {
    if (source.isInitialized) await source.destroy();
    await session.end();
  }
}
