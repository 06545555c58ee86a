import type { Pool } from 'pg';
import type { DueDeadline } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { loadOf } from '../sql/server-load.js';
import { prepared } from '../sql/statement.js';
import { at } from '../sql/time.js';

const deadlines = prepared(
  'timer_deadlines',
  `SELECT run, invocation, deadline_kind AS kind FROM watched_task_runs
   WHERE deadline_at < ${at('$1::float8')} AND invocation IS NOT NULL AND deadline_kind IS NOT NULL
   ORDER BY deadline_at LIMIT $2`,
);

// A task run that waits for a retry has not ended, and so its run has not.
const retries = prepared(
  'timer_retries',
  `SELECT run FROM watched_task_runs WHERE retry_at <= now() GROUP BY run ORDER BY min(retry_at) LIMIT $1`,
);

// Statistics of a young table make the planner begin at the other end: hence what is looked up first is materialized.
const gone = prepared(
  'timer_gone',
  `WITH gone AS MATERIALIZED (
     SELECT server, instance FROM instances i
     WHERE (state = 'lost' OR (state = 'offline' AND state_since < ${at('$1::float8')}))
       AND ${loadOf('unfinished', 'i.server', 'i.instance')} > 0
   )
   SELECT run, invocation, instance FROM watched_task_runs
   WHERE EXISTS (SELECT FROM gone) AND (server, instance) IN (SELECT server, instance FROM gone)
     AND invocation IS NOT NULL
   ORDER BY run, invocation LIMIT $2`,
);

export const dueDeadlines = (pool: Pool, before: number, limit: number): Promise<readonly DueDeadline[]> =>
  ask<DueDeadline>(pool, deadlines(before, limit));

export async function runsWithDueRetries(pool: Pool, limit: number): Promise<readonly string[]> {
  return (await ask<{ run: string }>(pool, retries(limit))).map(({ run }) => run);
}

export const attemptsOfGoneInstances = (
  pool: Pool,
  before: number,
  limit: number,
): Promise<readonly { run: string; invocation: string; instance: string }[]> =>
  ask(pool, gone(before, limit));
