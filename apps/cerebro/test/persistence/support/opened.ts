import { testDatabase } from '@cordyna/testkit';
import pg from 'pg';
import { createPersistence, type Persistence } from '../../../src/persistence/index.js';
import type { StoredInstance } from '../contract/store-under-test.js';
import { nowOf } from './now.js';

export interface Opened extends Persistence {
  readonly url: string;
  /** A connection of one's own, to look at the tables and to disturb. */
  readonly sql: pg.Client;
  /** Another coordinator on the same database. */
  another(url?: string): Persistence;
  /** The database's clock, epoch ms. */
  now(): Promise<number>;
  instances(): Promise<readonly StoredInstance[]>;
  closeAll(): Promise<void>;
}

const INSTANCES = `SELECT server, instance, state, floor(extract(epoch FROM last_seen) * 1000)::float8 AS "lastSeen",
  clock_skew_ms AS "clockSkewMs", capacity::float8 AS capacity, queue_limit::float8 AS "queueLimit",
  queued::float8 AS queued, started::float8 AS started FROM instances`;

/** A migrated database of one's own with a coordinator's persistence. */
export async function openDatabase(at?: string): Promise<Opened> {
  const url = at ?? (await testDatabase()).url;
  const all: Persistence[] = [];
  const another = (other = url): Persistence => {
    const made = createPersistence({ url: other, applicationName: `coordinator-${all.length}`, poolSize: 4 });
    all.push(made);
    return made;
  };
  const first = another();
  await first.migrate();
  const sql = new pg.Client({ connectionString: url, query_timeout: 30_000 });
  sql.on('error', () => undefined);
  await sql.connect();
  return {
    ...first,
    url,
    sql,
    another,
    now: () => nowOf(first.timers),
    instances: async () => (await sql.query<StoredInstance>(INSTANCES)).rows,
    closeAll: async () => {
      await sql.end();
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
