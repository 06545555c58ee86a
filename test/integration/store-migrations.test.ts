import { readFile, writeFile } from 'node:fs/promises';
import { emptyDatabase } from '@cordyna/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dumpSchema } from '../../apps/cerebro/test/persistence/support/dump-schema.js';
import { dataSourceOf } from '../../apps/cerebro/src/persistence/data-source.js';
import { MIGRATIONS } from '../../apps/cerebro/src/persistence/migrations/index.js';
import { migrate } from '../../apps/cerebro/src/persistence/migrations/migrate.js';
import { createPersistence } from '../../apps/cerebro/src/persistence/index.js';
import { nowOf } from '../../apps/cerebro/test/persistence/support/now.js';

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

/** As the migrations use it. */
async function sourceOf(url: string) {
  const settings = { url, applicationName: 'x', poolSize: 1, statementMs: null, onError: () => {} };
  return dataSourceOf(settings).initialize();
}

describe('migrations', () => {
  let url: string;
  beforeAll(async () => {
    url = (await emptyDatabase()).url;
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
    const own = new URL((await emptyDatabase()).url);
    const sql = await client(own.href);
    await sql.query('CREATE SCHEMA elsewhere');
    own.searchParams.set('options', '-c search_path=elsewhere');
    const persistence = createPersistence({ url: own.href, applicationName: 'elsewhere' });
    await persistence.migrate();
    const clock = await nowOf(persistence.timers);
    expect(Math.abs(clock - Date.now())).toBeLessThan(60_000);
    expect(await persistence.queries.servers()).toEqual([]);
    await persistence.close();
    const { rows } = await sql.query<{ schemaname: string }>(
      `SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'`,
    );
    expect(rows).toEqual([{ schemaname: 'elsewhere' }]);
  });

  test('what was migrated can be taken back and made again', async () => {
    const own = (await emptyDatabase()).url;
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

  test('histories and what runs have at servers are carried over, and histories back', async () => {
    const own = (await emptyDatabase()).url;
    await migrate(optionsOf(own));
    const sql = await client(own);
    const source = await sourceOf(own);
    for (let n = ALL.indexOf('RunServers1763810000000'); n < ALL.length; n++)
      await source.undoLastMigration();
    const run = '01990000-0000-7000-8000-000000000001';
    await sql.query(
      `INSERT INTO runs (id, version, state, scope, trigger, content_hash, created_at, next_seq)
       VALUES ('${run}', 1, 'running', 'task', '{}', '', now(), 5);
       INSERT INTO task_runs (run, index, member, task, server, state, attempt, failures, invocation, instance, outside,
         run_created_at)
       SELECT '${run}', n, n, 'a.' || n, 'a', state, 1, 0, invocation, instance, '{}', now() FROM (VALUES
         (0, 'started', 'i0', 'x'), (1, 'queued', 'i1', 'x'), (2, 'invoked', 'i2', NULL), (3, 'pending', NULL, NULL),
         (4, 'completed', 'i4', 'y')) AS t (n, state, invocation, instance);
       INSERT INTO freshness (task) SELECT 'a.' || n FROM generate_series(0, 4) AS n;
       INSERT INTO history (run, seq, at, source, type, task, item, attempt, applied, reason, topic, partition, "offset", data)
       VALUES ('${run}', 1, '2026-11-21 10:00:00.123Z', 's', 't', NULL, NULL, NULL, true, NULL, NULL, NULL, NULL, '{"a": [1]}'),
         ('${run}', 2, '2026-11-21 10:00:00.124Z', '/servers/b/i', 't', 'b.x', 3, 7, false, 'late', 'e', 1, 9007199254740993,
           '{"instance": "i"}');
       INSERT INTO history (run, seq, at, source, type, task, attempt, applied, data) VALUES
         ('${run}', 3, '2026-11-21 10:00:01Z', '/cerebro/c', 'cordyna.task.error.v1', 'b.x', 7, true,
           '{"error": {"code": "server_lost", "message": "gone"}}'),
         ('${run}', 4, '2026-11-21 10:00:02Z', '/cerebro/c', 'cordyna.task.error.v1', 'b.x', 7, true,
           '{"error": {"code": "ack_timeout", "message": "late"}}')`,
    );
    const rows = async (text: string): Promise<unknown[]> => (await sql.query(text)).rows;
    const COLUMNS = `run, seq, at, source, type, task, item, attempt, applied, reason, topic, partition, "offset", data, xid`;
    const before = await rows(`SELECT ${COLUMNS} FROM history ORDER BY seq`);
    await migrate(optionsOf(own));
    expect(await rows('SELECT * FROM server_load ORDER BY instance')).toEqual([
      { instance: '', server: 'a', lane: 0, waiting: 1, unfinished: 3 },
      { instance: 'x', server: 'a', lane: 0, waiting: 0, unfinished: 2 },
    ]);
    expect(await rows(`SELECT ${COLUMNS} FROM history ORDER BY seq`)).toEqual(before);
    // All of one transaction are one row.
    expect(await rows('SELECT first_seq, last_seq FROM history_parts')).toEqual([
      { first_seq: 1, last_seq: 4 },
    ]);
    const failures =
      'SELECT seq, kind, server, instance, reason, detail, "offset" FROM history_failures ORDER BY seq';
    expect(await rows(failures)).toEqual([
      {
        ...{ seq: 2, kind: 'refused', server: 'b', instance: 'i', reason: 'late' },
        ...{ detail: 't from /servers/b/i', offset: '9007199254740993' },
      },
      {
        seq: 3,
        kind: 'lost',
        server: 'b',
        instance: null,
        reason: 'server_lost',
        detail: 'gone',
        offset: null,
      },
      {
        seq: 4,
        kind: 'timeout',
        server: 'b',
        instance: null,
        reason: 'ack_timeout',
        detail: 'late',
        offset: null,
      },
    ]);
    // What was watched is; of the others that is known which ended.
    expect(
      await rows('SELECT index, server, invocation, instance FROM watched_task_runs ORDER BY index'),
    ).toEqual([
      { index: 0, server: 'a', invocation: 'i0', instance: 'x' },
      { index: 1, server: 'a', invocation: 'i1', instance: 'x' },
    ]);
    expect(
      await rows('SELECT task, ended_run, ended_state FROM freshness WHERE ended_run IS NOT NULL'),
    ).toEqual([{ task: 'a.4', ended_run: run, ended_state: 'completed' }]);
    await expect(source.undoLastMigration()).rejects.toThrow('known by their histories alone');
    await sql.query('DELETE FROM runs');
    for (let n = ALL.indexOf('HistoryParts1763811000000'); n < ALL.length; n++)
      await source.undoLastMigration();
    await source.destroy();
    expect(await rows(`SELECT ${COLUMNS} FROM history ORDER BY seq`)).toEqual(before);
  });

  test('messages that wait for Kafka are carried over, and keep those who want to go back from it', async () => {
    const own = (await emptyDatabase()).url;
    await migrate(optionsOf(own));
    const sql = await client(own);
    const source = await sourceOf(own);
    for (let n = ALL.indexOf('OneOutboxRow1763820000000'); n < ALL.length; n++)
      await source.undoLastMigration();
    const run = '01990000-0000-7000-8000-000000000001';
    const part = (text: string | null): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text === null ? 0xffff_ffff : Buffer.byteLength(text));
      return Buffer.concat([length, Buffer.from(text ?? '')]);
    };
    const joined = Buffer.concat(['ü/1', run, 'k', '{"a":"ü"}', 'r/2', null, null, ''].map(part));
    await sql.query(
      `INSERT INTO outbox (kind, message_id, topic, partition, key, value, headers, invocation, run, ack_ms, server, messages,
         stamp) VALUES
         ('command', 'i-1', 'c', 3, 'i-1', 'say "so"', '{"h": "1"}', 'i-1', $1, 10000, 'a', 1, now() - interval '1 min'),
         ('fact', 'r/1', 'e', NULL, NULL, $2, '{}', NULL, NULL, NULL, NULL, 2, now() - interval '1 min')`,
      [run, joined],
    );
    await migrate(optionsOf(own));
    const persistence = createPersistence({ url: own, applicationName: 'x' });
    const claimed = await persistence.timers.claimUnpublished(12_000, 10);
    const command = {
      kind: 'command',
      topic: 'c',
      partition: 3,
      headers: { h: '1' },
      server: 'a',
      ackMs: 10_000,
    };
    const fact = { kind: 'fact', topic: 'e', partition: null, headers: {}, server: null, ackMs: null };
    const value = Buffer.from('{"a":"ü"}');
    expect(claimed.map(({ id, messages }) => [id, messages])).toEqual([
      [
        '1',
        [
          {
            ...{ ...command, messageId: 'i-1', key: Buffer.from('i-1'), value: Buffer.from('say "so"') },
            ...{ invocation: 'i-1', run },
          },
        ],
      ],
      [
        '2',
        [
          { ...fact, messageId: 'ü/1', run, key: Buffer.from('k'), value, invocation: null },
          { ...fact, messageId: 'r/2', run: null, key: null, value: Buffer.alloc(0), invocation: null },
        ],
      ],
    ]);
    const { rows } = await sql.query(
      `INSERT INTO outbox (messages, heads, bodies) VALUES (0, '', '') RETURNING id`,
    );
    expect(Number((rows as { id: string }[])[0]?.id)).toBeGreaterThan(2);
    for (let n = ALL.length - 1; n > ALL.indexOf('OneOutboxRow1763820000000'); n--)
      await source.undoLastMigration();
    await expect(source.undoLastMigration()).rejects.toThrow('let them leave first');
    await Promise.all([persistence.close(), source.destroy()]);
  });

  test('all coordinators get the same secret', async () => {
    const all = ['a', 'b', 'c'].map((applicationName) => createPersistence({ url, applicationName }));
    const secrets = await Promise.all(all.map(({ installation }) => installation.secret()));
    await Promise.all(all.map((one) => one.close()));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toHaveLength(43);
  });
});
