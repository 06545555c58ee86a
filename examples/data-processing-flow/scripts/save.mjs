import { basename } from 'node:path';
import { rowsOf } from './sheet.mjs';

const COLUMNS = ['isin', 'nav', 'z_score_nav', 'subscriptions', 'time_started'];
const TABLE = `CREATE TABLE IF NOT EXISTS merged_prices (
  file text, isin text, nav float8 NOT NULL, z_score_nav float8 NOT NULL, subscriptions float8 NOT NULL,
  time_started timestamptz NOT NULL, PRIMARY KEY (file, isin))`;
const INSERT = `INSERT INTO merged_prices
  SELECT $1, * FROM unnest($2::text[], $3::float8[], $4::float8[], $5::float8[], $6::timestamptz[])`;
const BATCH_ROWS = 5_000;
/** Any number that nobody else takes: two savings of the same moment go one after the other. */
const LOCK = 70_007;

/**
 * Replaces what the table has of this file by its rows, in one transaction: saved twice, they are there once.
 * @returns how many rows there are
 */
export async function saveMerged(pool, path) {
  const file = basename(path);
  const client = await pool.connect();
  let count = 0;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(TABLE);
    await client.query('DELETE FROM merged_prices WHERE file = $1', [file]);
    let batch = [];
    const insert = async () => {
      const columns = COLUMNS.map((_, index) => batch.map((row) => row[index]));
      await client.query(INSERT, [file, ...columns]);
      count += batch.length;
      batch = [];
    };
    for await (const row of rowsOf(path, COLUMNS)) {
      batch.push(row);
      if (batch.length === BATCH_ROWS) await insert();
    }
    if (batch.length > 0) await insert();
    await client.query('COMMIT');
    return count;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
