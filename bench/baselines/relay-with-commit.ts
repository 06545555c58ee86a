/** The bare relay with one PostgreSQL commit for each Kafka batch, one row for each task that completed. */
import { Pool } from 'pg';
import { relay } from './bare-relay.js';

const [brokers = '', prefix = '', databaseUrl = ''] = process.argv.slice(2);
const pool = new Pool({ connectionString: databaseUrl, max: 4 });

await pool.query(
  'CREATE TABLE IF NOT EXISTS bench_relay (run text NOT NULL, task int NOT NULL, at timestamptz NOT NULL DEFAULT now())',
);

await relay(
  [brokers, prefix],
  async (steps) => {
    await pool.query({
      name: 'bench_relay_insert',
      text: 'INSERT INTO bench_relay (run, task) SELECT * FROM unnest($1::text[], $2::int[])',
      values: [steps.map(({ run }) => run), steps.map(({ task }) => task)],
    });
  },
  () => pool.end(),
);
