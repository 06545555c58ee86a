/** The bare relay with one PostgreSQL commit for each Kafka batch, one row for each task that completed. */
import { Pool } from 'pg';
import { relay } from './bare-relay.js';

const [brokers = '', prefix = '', databaseUrl = ''] = process.argv.slice(2);
const pool = new Pool({ connectionString: databaseUrl, max: 4 });

/** Each relay's own: of two that make the same table at once, PostgreSQL refuses one. */
const table = `"${prefix}"`;

await pool.query(
  `CREATE TABLE ${table} (run text NOT NULL, task int NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
);

await relay(
  [brokers, prefix],
  async (steps) => {
    await pool.query({
      name: 'bench_relay_insert',
      text: `INSERT INTO ${table} (run, task) SELECT * FROM unnest($1::text[], $2::int[])`,
      values: [steps.map(({ run }) => run), steps.map(({ task }) => task)],
    });
  },
  () => pool.end(),
);
