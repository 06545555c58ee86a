import type { Pool, PoolClient } from 'pg';
import { RetentionStore, type Removal, type Removed } from '../../coordination/ports/index.js';
import { storeErrorOf } from '../sql/errors.js';
import { withClient } from '../sql/pools.js';
import { prepared, rowsOf, type Statement } from '../sql/statement.js';
import { removeEvents, type RemovedEvents } from './events.js';
import { removeOthers, type RemovedOthers } from './other-rows.js';
import { vacuumOutbox } from './outbox-vacuum.js';
import {
  forgetEmptied,
  removeRowsOfRuns,
  removeRuns,
  type RemovedRows,
  type RemovedRuns,
} from './removed-runs.js';

/** Any number that nobody else in this database uses. Of a transaction: a stopped coordinator keeps nobody from it. */
const LOCK = '7225036913';
const lock = prepared('retention_lock', 'SELECT pg_try_advisory_xact_lock($1::bigint) AS mine');

const BEGINNING = ['-infinity', '00000000-0000-0000-0000-000000000000'] as const;

async function all<Row>(client: PoolClient, statement: Statement): Promise<readonly Row[]> {
  return rowsOf<Row>(await client.query({ ...statement, values: [...statement.values] }));
}

async function one<Row>(client: PoolClient, statement: Statement): Promise<Row> {
  const [row] = await all<Row>(client, statement);
  return row as Row;
}

/** On PostgreSQL, on the connections of the timers: the door never waits for it. */
export class PgRetentionStore extends RetentionStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  remove(removal: Removal): Promise<Removed | null> {
    return withClient(this.pool, async (client) => {
      try {
        await client.query('BEGIN');
        const removed = (await one<{ mine: boolean }>(client, lock(LOCK))).mine
          ? await removeIn(client, removal)
          : null;
        await client.query('COMMIT');
        return removed;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw storeErrorOf(error);
      }
    });
  }

  vacuumOutbox(): Promise<void> {
    return withClient(this.pool, (client) =>
      vacuumOutbox(client).catch((error: unknown) => {
        throw storeErrorOf(error);
      }),
    );
  }
}

async function removeIn(client: PoolClient, { olderThanMs, limit, after }: Removal): Promise<Removed> {
  const [at, id] = after === null ? BEGINNING : placeOf(after);
  const runs = await one<RemovedRuns>(client, removeRuns(olderThanMs, at, id, limit));
  const rows = await one<RemovedRows>(client, removeRowsOfRuns(limit));
  await one(client, forgetEmptied(limit));
  const others = await one<RemovedOthers>(client, removeOthers(olderThanMs, limit));
  const events = await one<RemovedEvents>(client, removeEvents(olderThanMs, limit));
  const { looked_at: lookedAt, last, ...removedRuns } = runs;
  const { open, ...removedRows } = rows;
  const rowCounts = { ...removedRuns, ...removedRows, ...others, ...events };
  const isFull = Object.values(rowCounts).some((count) => count >= limit) || open > 0;
  return { rows: rowCounts, next: lookedAt >= limit ? last : isFull ? (after ?? '') : null };
}

/** `<finished at> <run>`: the time has a space of its own. */
function placeOf(after: string): readonly [string, string] {
  const border = after.lastIndexOf(' ');
  return border < 0 ? BEGINNING : [after.slice(0, border), after.slice(border + 1)];
}
