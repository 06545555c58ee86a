import { Client } from 'pg';
import { dataSourceOf } from '../data-source.js';
import { MIGRATIONS } from './index.js';

/** Any number that nobody else in this database uses. */
const LOCK = 7_225_036_912;

export interface MigrateOptions {
  readonly url: string;
  readonly applicationName: string;
  /** How long to wait for PostgreSQL, and for another coordinator that is migrating. */
  readonly waitMs: number;
}

async function connect({ url, applicationName, waitMs }: MigrateOptions): Promise<Client> {
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
  return client;
}

/** Mostly there is nothing to do, and then neither the lock nor TypeORM is needed to know it. */
async function isUpToDate(session: Client): Promise<boolean> {
  // In the first schema of the search path, where TypeORM would look: one behind it may be somebody else's.
  const { rowCount } = await session.query(
    `SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migrations'`,
  );
  if (rowCount === 0) return false;
  const { rows } = await session.query<{ name: string }>('SELECT name FROM schema_migrations');
  const ran = new Set(rows.map(({ name }) => name));
  return MIGRATIONS.every(({ name }) => ran.has(name));
}

/**
 * Brings the schema up to date; does nothing when it is. Any number of coordinators may do so at once.
 * @returns the names of the migrations that ran
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const session = await connect(options);
  try {
    if (await isUpToDate(session)) return [];
    // In a session of its own, so that it is given back whatever becomes of the migration's session.
    await session.query('SELECT pg_advisory_lock($1)', [LOCK]);
    return await runMigrations(options);
  } finally {
    await session.end();
  }
}

async function runMigrations(options: MigrateOptions): Promise<readonly string[]> {
  const source = dataSourceOf({
    url: options.url,
    applicationName: `${options.applicationName}-migration`,
    poolSize: 1,
    statementMs: null,
    onError: () => undefined,
    entities: [],
  });
  try {
    await source.initialize();
    return (await source.runMigrations()).map(({ name }) => name);
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}
