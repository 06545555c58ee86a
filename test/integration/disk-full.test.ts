import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

let door: OpenDoor;
let sql: pg.Client;
beforeAll(async () => {
  const { url } = await testDatabase();
  door = await openDoor(url, 'full');
  sql = new pg.Client({ connectionString: url, query_timeout: 30_000 });
  await sql.connect();
  await door.declare({ server: 'd', tasks: [{ name: 'work' }] });
});
afterAll(async () => {
  await sql.end();
  await door.close();
});

/** As PostgreSQL says it when a file cannot be extended, in the middle of a commit. */
const FILL = `
  CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
  CREATE TRIGGER full_disk BEFORE INSERT ON history_parts EXECUTE FUNCTION full_disk()`;

test('a full disk stops what is asked for until there is room; then it takes effect, once', async () => {
  await sql.query(FILL);
  const asked = Promise.all([door.request('d.work', 'one'), door.request('d.work', 'two')]);
  await awaitUntil('the door says so', () => door.door.trouble()?.isFull, { everyMs: 5 });
  expect((await sql.query('SELECT 1 FROM runs')).rows).toEqual([]);
  await sql.query('DROP TRIGGER full_disk ON history_parts');
  const runs = await asked;
  expect(door.door.trouble()).toBeNull();
  expect(new Set((await sql.query<{ id: string }>('SELECT id FROM runs')).rows.map(({ id }) => id))).toEqual(
    new Set(runs),
  );
  await awaitUntil('each is invoked', () => runs.every((run) => door.invokeOf(run, 'd.work')), {
    everyMs: 5,
  });
  expect(door.bus.sent.filter(({ invocation }) => invocation !== null)).toHaveLength(2);
});
