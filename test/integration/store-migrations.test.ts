import { readFile, writeFile } from 'node:fs/promises';
import { testDatabase } from '@cordyna/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dumpSchema } from '../../apps/cerebro/test/persistence/support/dump-schema.js';
import { dataSourceOf } from '../../apps/cerebro/src/persistence/data-source.js';
import { MIGRATIONS } from '../../apps/cerebro/src/persistence/migrations/index.js';
import { migrate } from '../../apps/cerebro/src/persistence/migrations/migrate.js';
import { createPersistence } from '../../apps/cerebro/src/persistence/index.js';

const SCHEMA = new URL('../../apps/cerebro/src/persistence/schema.sql', import.meta.url);
const ALL = MIGRATIONS.map(({ name }) => name);
const opened: { end(): Promise<void> }[] = [];

async function client(url: string): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: url });
  await made.connect();
  opened.push(made);
  return made;
}

const optionsOf = (url: string, name = 'migrating') => ({ url, applicationName: name, waitMs: 20_000 });

describe('migrations', () => {
  let url: string;
  beforeAll(async () => {
    url = (await testDatabase()).url;
  });
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.end()));
  });

  test('three coordinators that start at once migrate once between them', async () => {
    const ran = await Promise.all(['a', 'b', 'c'].map((name) => migrate(optionsOf(url, name))));
    expect(ran.flat()).toEqual(ALL);
    const { rows } = await (await client(url)).query('SELECT name FROM schema_migrations ORDER BY id');
    expect(rows).toEqual(ALL.map((name) => ({ name })));
  });

  test('migrating again does nothing', async () => {
    expect(await migrate(optionsOf(url))).toEqual([]);
  });

  test('the migrated schema is the one that is checked in', async () => {
    // After a new migration: CORDYNA_UPDATE_SCHEMA=yes writes the file, to be reviewed with the migration.
    const schema = await dumpSchema(await client(url));
    if (process.env['CORDYNA_UPDATE_SCHEMA'] === 'yes') await writeFile(SCHEMA, schema);
    expect(schema).toBe(await readFile(SCHEMA, 'utf8'));
  });

  test('every entity names a table with all of its columns', async () => {
    const { rows } = await (
      await client(url)
    ).query<{ place: string }>(
      `SELECT table_name || '.' || column_name AS place FROM information_schema.columns WHERE table_schema = 'public'`,
    );
    const places = new Set(rows.map(({ place }) => place));
    const source = dataSourceOf({
      url,
      applicationName: 'x',
      poolSize: 1,
      statementMs: 10_000,
      onError: () => {},
    });
    expect(source).toBeInstanceOf(DataSource);
    await source.initialize();
    const named = source.entityMetadatas.flatMap(({ tableName, columns }) =>
      columns.map(({ databaseName }) => `${tableName}.${databaseName}`),
    );
    await source.destroy();
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((place) => !places.has(place))).toEqual([]);
  });

  test('everything lives in the schema that the connection names', async () => {
    const own = new URL((await testDatabase()).url);
    const sql = await client(own.href);
    await sql.query('CREATE SCHEMA elsewhere');
    own.searchParams.set('options', '-c search_path=elsewhere');
    const persistence = createPersistence({ url: own.href, applicationName: 'elsewhere' });
    await persistence.migrate();
    const clock = await persistence.timers.now();
    expect(Math.abs(clock - Date.now())).toBeLessThan(60_000);
    expect(await persistence.queries.servers()).toEqual([]);
    await persistence.close();
    const { rows } = await sql.query<{ schemaname: string }>(
      `SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'`,
    );
    expect(rows).toEqual([{ schemaname: 'elsewhere' }]);
  });

  test('what was migrated can be taken back and made again', async () => {
    const own = (await testDatabase()).url;
    await migrate(optionsOf(own));
    const source = dataSourceOf({
      url: own,
      applicationName: 'x',
      poolSize: 1,
      statementMs: null,
      onError: () => {},
    });
    await source.initialize();
    for (const _ of ALL) await source.undoLastMigration();
    await source.destroy();
    const sql = await client(own);
    const { rows } = await sql.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    expect(rows).toEqual([{ tablename: 'schema_migrations' }]);
    expect(await migrate(optionsOf(own))).toEqual(ALL);
  });

  test('all coordinators get the same secret', async () => {
    const all = ['a', 'b', 'c'].map((applicationName) => createPersistence({ url, applicationName }));
    const secrets = await Promise.all(all.map(({ installation }) => installation.secret()));
    await Promise.all(all.map((one) => one.close()));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toHaveLength(43);
  });
});
