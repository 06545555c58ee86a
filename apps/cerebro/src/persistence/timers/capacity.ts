import type { Pool } from 'pg';
import { ask } from '../sql/ask.js';
import { prepared, type Statement } from '../sql/statement.js';

const waitingRuns = prepared(
  'timer_waiting_runs',
  `SELECT run FROM task_runs WHERE waiting_server = ANY ($1::text[])
   GROUP BY run ORDER BY min(run_created_at), run LIMIT $2`,
);

const waiting = prepared(
  'timer_waiting',
  `SELECT waiting_server AS server, count(*)::int AS count FROM task_runs
   WHERE waiting_server IS NOT NULL GROUP BY waiting_server`,
);

// The condition of the partial index, word for word.
const unfinished = prepared(
  'timer_unfinished',
  `SELECT server, count(*)::int AS count FROM task_runs
   WHERE invocation IS NOT NULL AND state IN ('invoked', 'queued', 'started') GROUP BY server`,
);

async function counted(pool: Pool, statement: Statement): Promise<ReadonlyMap<string, number>> {
  const rows = await ask<{ server: string; count: number }>(pool, statement);
  return new Map(rows.map(({ server, count }) => [server, count]));
}

export const waitingPerServer = (pool: Pool): Promise<ReadonlyMap<string, number>> =>
  counted(pool, waiting());

export const unfinishedPerServer = (pool: Pool): Promise<ReadonlyMap<string, number>> =>
  counted(pool, unfinished());

export async function runsWaitingFor(
  pool: Pool,
  servers: readonly string[],
  limit: number,
): Promise<readonly string[]> {
  return (await ask<{ run: string }>(pool, waitingRuns(servers, limit))).map(({ run }) => run);
}
