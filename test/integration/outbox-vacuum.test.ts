import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openKept, type Kept } from './retention-support.js';

let kept: Kept;
beforeAll(async () => {
  kept = await openKept();
});
afterAll(() => kept.close());

const bytes = async (): Promise<number> =>
  (await kept.sql.query<{ bytes: number }>(`SELECT pg_table_size('outbox')::float8 AS bytes`)).rows[0]
    ?.bytes ?? Number.NaN;

/** As many commits of 4 MB in all, published. */
async function comeAndGo(): Promise<void> {
  await kept.sql.query(
    `INSERT INTO outbox (messages, heads, bodies, stamp)
     SELECT 1, '', convert_to(repeat('x', 40000), 'UTF8'), now() FROM generate_series(1, 100)`,
  );
  await kept.sql.query('DELETE FROM outbox');
}

describe('the outbox', () => {
  test('has room for what comes where rows are gone', async () => {
    const { retention } = kept.door.persistence;
    await comeAndGo();
    const once = await bytes();
    await comeAndGo();
    expect(await bytes()).toBeGreaterThan(once * 1.8);
    for (let round = 0; round < 8; round++) {
      await retention.vacuumOutbox();
      await comeAndGo();
    }
    // Ten times as much without it. Autovacuum may be at it, or look at what is gone, in a round or two.
    expect(await bytes()).toBeLessThan(once * 4.5);
  });

  test('is left alone by one while another one is at it', async () => {
    await kept.sql.query('BEGIN');
    await kept.sql.query('LOCK TABLE outbox IN SHARE UPDATE EXCLUSIVE MODE');
    await expect(kept.door.persistence.retention.vacuumOutbox()).resolves.toBeUndefined();
    await kept.sql.query('ROLLBACK');
  });
});
