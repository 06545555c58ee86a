import pg from 'pg';
import type { StoreUnderReplay } from './replay.js';
import { migrate } from '../../../apps/cerebro/src/persistence/migrations/migrate.js';
import { hotPool } from '../../../apps/cerebro/src/persistence/sql/pools.js';
import { PgStore } from '../../../apps/cerebro/src/persistence/store/pg-store.js';
import { PgTimerQueries } from '../../../apps/cerebro/src/persistence/timers/pg-timer-queries.js';
import { UNSTORABLE } from '../store/write.js';

/** Its functions are found before PostgreSQL's own: the time of a session is what it was told. */
const SCHEMA = 'simulated';
const CLOCK = `RETURNS timestamptz LANGUAGE sql STABLE AS
  $$ SELECT pg_catalog.to_timestamp(pg_catalog.current_setting('simulated.clock')::float8 / 1000) $$`;
const TABLES = [
  ...[
    'dead_letters',
    'freshness',
    'history_parts',
    'history_failures',
    'instances',
    'outbox',
    'positions',
    'run_keys',
    'run_seeds',
  ],
  ...['runs', 'schedule_firings', 'schedules', 'servers', 'watched_task_runs', 'definitions'],
  ...['server_load', 'signals', 'signal_rules', 'event_states', 'rule_firings', 'cirrus_queue'],
];

export interface SimulatedDatabase extends StoreUnderReplay {
  /** Empty tables, as migrations leave them. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The schema of production in an empty database of a real PostgreSQL, whose clock shows what it is told. */
export async function simulatedDatabase(serverUrl: string): Promise<SimulatedDatabase> {
  const url = new URL(serverUrl);
  const database = decodeURIComponent(url.pathname.slice(1));
  const sql = new pg.Client({ connectionString: url.href, query_timeout: 60_000 });
  await sql.connect();
  await sql.query(`CREATE SCHEMA ${SCHEMA}`);
  for (const name of ['now', 'clock_timestamp'])
    await sql.query(`CREATE FUNCTION ${SCHEMA}.${name}() ${CLOCK}`);
  await sql.query(`ALTER DATABASE "${database}" SET simulated.clock = '0'`);
  url.searchParams.set('options', `-c search_path=${SCHEMA},public,pg_catalog`);
  await migrate({ url: url.href, applicationName: 'simulation', waitMs: 60_000 });
  await sql.query(`ALTER TABLE ${SCHEMA}.history_parts ADD CHECK (entries::text NOT LIKE '%${UNSTORABLE}%')`);
  const pool = hotPool({ url: url.href, applicationName: 'simulation', size: 1, onError: () => undefined });
  let now = 0;
  // Nobody else is there, and nothing has to outlast a power failure.
  pool.on('connect', (client) => void client.query(`SET synchronous_commit = off`));
  pool.on('acquire', (client) => {
    client.query(`SET simulated.clock = '${now}'`).catch(() => undefined);
  });
  const all = TABLES.map((table) => `${SCHEMA}.${table}`).join();
  return {
    store: () => new PgStore(pool, pool),
    timers: new PgTimerQueries(pool),
    select: async (text) => (await pool.query<Record<string, unknown>>(text)).rows,
    tell: (time) => {
      now = time;
    },
    clear: async () => {
      await sql.query(`TRUNCATE ${all} RESTART IDENTITY`);
      await sql.query(`UPDATE ${SCHEMA}.registry SET version = 0`);
    },
    close: async () => {
      await pool.end();
      await sql.end();
    },
  };
}
