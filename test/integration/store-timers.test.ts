import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Changes } from '../../apps/cerebro/src/coordination/ports/index.js';
import { changesOf, invoke, message } from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));

describe('the sweeper', () => {
  test('takes over each old row once, in order, with a new stamp', async () => {
    const rows = [];
    for (const messages of [[invoke('sw-1'), message('sw-2')], [message('sw-3')], [message('sw-4')]])
      rows.push((await commit({ outbox: messages })).outbox);
    expect(await db.timers.claimUnpublished(60_000, 10)).toEqual([]);
    await db.sql.query(
      `UPDATE outbox SET created_at = created_at - interval '1 min', stamp = stamp - interval '1 min'`,
    );
    const claims = await Promise.all([
      db.timers.claimUnpublished(12_000, 2),
      db.another().timers.claimUnpublished(12_000, 10),
    ]);
    claims.push(await db.timers.claimUnpublished(12_000, 10));
    const claimed = claims.flat().sort((a, b) => Number(a.id) - Number(b.id));
    expect(claimed.map(({ id }) => id)).toEqual(rows.map((row) => row?.id));
    const [first] = claimed;
    expect(first).toEqual({ ...rows[0], createdAt: first?.createdAt, stamp: first?.stamp });
    for (const { createdAt, stamp } of claimed) expect(stamp - createdAt).toBeGreaterThanOrEqual(60_000);
    expect(await db.timers.claimUnpublished(12_000, 10)).toEqual([]);
  });

  test('takes the oldest rows until they have as many messages as it asks for', async () => {
    const ids: (string | undefined)[] = [];
    for (const size of [3, 2, 4]) {
      const messages = Array.from({ length: size }, (_, n) => message(`of-${size}-${n}`));
      ids.push((await commit({ outbox: messages })).outbox?.id);
    }
    await db.sql.query(`UPDATE outbox SET stamp = now() - interval '1 min' + id * interval '1 ms'`);
    const idsOf = async (limit: number) =>
      (await db.timers.claimUnpublished(12_000, limit)).map(({ id }) => id).filter((id) => ids.includes(id));
    await db.sql.query('DELETE FROM outbox WHERE id <> ALL ($1::bigint[])', [ids]);
    expect(await idsOf(4)).toEqual(ids.slice(0, 2));
    expect(await idsOf(1)).toEqual(ids.slice(2));
  });

  test('passes by what another one is taking over at this moment', async () => {
    const locked = (await commit({ outbox: [message('locked')] })).outbox;
    const free = (await commit({ outbox: [message('free')] })).outbox;
    await db.sql.query(`UPDATE outbox SET stamp = stamp - interval '1 min' WHERE id = ANY ($1::bigint[])`, [
      [locked?.id, free?.id],
    ]);
    await db.sql.query('BEGIN');
    await db.sql.query('SELECT 1 FROM outbox WHERE id = $1 FOR UPDATE', [locked?.id]);
    const claimed = await db.timers.claimUnpublished(12_000, 10);
    await db.sql.query('ROLLBACK');
    expect(claimed.map(({ id }) => id)).toEqual([free?.id]);
  });
});

test('every question of a timer is answered by an index, however many attempts are watched', async () => {
  await db.sql.query(`
    INSERT INTO watched_task_runs (run, index, server, invocation, deadline_at, deadline_kind, run_created_at)
      SELECT gen_random_uuid(), n, 'x', 'i' || n, now() + interval '1 hour', 'complete', now()
      FROM generate_series(1, 9000) AS n;`);
  await db.sql.query('ANALYZE watched_task_runs');
  const plans: string[] = [];
  const questions = [
    `SELECT run FROM watched_task_runs WHERE deadline_at < now() ORDER BY deadline_at LIMIT 10`,
    `SELECT run FROM watched_task_runs WHERE retry_at <= now() GROUP BY run ORDER BY min(retry_at) LIMIT 10`,
    `SELECT run FROM watched_task_runs WHERE waiting_server = 'a' GROUP BY run_created_at, run ORDER BY run_created_at, run LIMIT 5`,
  ];
  for (const question of questions) {
    const { rows } = await db.sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${question}`);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
  }
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan/);
});
