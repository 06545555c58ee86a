import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { atEnd } from './closers.js';
import { migratedDatabase } from './config.js';
import { sharedDatabaseUrl } from './shared-stack.js';

export interface TestDatabase {
  readonly url: string;
  /** Ends all its sessions and removes it; done at the end of the file anyway. */
  drop(): Promise<void>;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
  });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A database of one's own on the given server: empty, or a copy of another one there. */
export async function createDatabase(serverUrl: string, copied?: string): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name}${copied === undefined ? '' : ` TEMPLATE ${copied}`}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** A database on the test run's real PostgreSQL: migrated already when the run made one to be copied, else empty. */
export async function testDatabase(): Promise<TestDatabase> {
  return ownDatabase(migratedDatabase());
}

/** An empty one, for tests of what makes tables. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return ownDatabase(undefined);
}

async function ownDatabase(copied: string | undefined): Promise<TestDatabase> {
  const database = await createDatabase(await sharedDatabaseUrl(), copied);
  atEnd(`database ${database.url}`, () => database.drop());
  return database;
}
