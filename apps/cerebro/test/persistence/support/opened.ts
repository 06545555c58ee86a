import { testDatabase } from '@cordyna/testkit';
import pg from 'pg';
import { createPersistence, type Persistence } from '../../../src/persistence/index.js';

export interface Opened extends Persistence {
  readonly url: string;
  /** A connection of one's own, to look at the tables and to disturb. */
  readonly sql: pg.Client;
  /** Another coordinator on the same database. */
  another(url?: string): Persistence;
  closeAll(): Promise<void>;
}

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
    closeAll: async () => {
      await sql.end();
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
