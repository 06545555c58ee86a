import type { Pool } from 'pg';
import type { DueDeadline } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import { at } from '../sql/time.js';

const deadlines = prepared(
  'timer_deadlines',
  `SELECT run, invocation, deadline_kind AS kind FROM task_runs
   WHERE deadline_at < ${at('$1::float8')} AND invocation IS NOT NULL AND deadline_kind IS NOT NULL
   ORDER BY deadline_at LIMIT $2`,
);

// What is looked for is nearly always nothing, and found to be so in one small index. Statistics of a young table make the
// planner begin at the other end, with all that is running: hence what is looked up first is materialized.
const retries = prepared(
  'timer_retries',
  `WITH due AS MATERIALIZED (
     SELECT run, min(retry_at) AS at FROM task_runs WHERE retry_at <= now() GROUP BY run
   )
   SELECT d.run FROM due d JOIN runs r ON r.id = d.run AND r.state = 'running' ORDER BY d.at LIMIT $1`,
);

const withdrawn = prepared(
  'timer_withdrawn',
  `WITH withdrawn AS MATERIALIZED (SELECT server FROM servers WHERE withdrawn_at IS NOT NULL)
   SELECT w.run, w.server FROM withdrawn s JOIN run_servers w ON w.server = s.server AND w.has_pending
   JOIN runs r ON r.id = w.run AND r.state = 'running'
   ORDER BY w.run, w.server LIMIT $1`,
);

const gone = prepared(
  'timer_gone',
  `WITH gone AS MATERIALIZED (
     SELECT server, instance FROM instances
     WHERE state = 'lost' OR (state = 'offline' AND state_since < ${at('$1::float8')})
   )
   SELECT t.run, t.invocation, t.instance
   FROM gone i JOIN run_servers w ON w.server = i.server AND w.is_open AND w.instances ? i.instance
   JOIN task_runs t ON t.run = w.run AND t.server = i.server AND t.instance = i.instance
   WHERE t.invocation IS NOT NULL AND t.state IN ('queued', 'started')
   ORDER BY t.run, t.invocation LIMIT $2`,
);

export const dueDeadlines = (pool: Pool, before: number, limit: number): Promise<readonly DueDeadline[]> =>
  ask<DueDeadline>(pool, deadlines(before, limit));

export async function runsWithDueRetries(pool: Pool, limit: number): Promise<readonly string[]> {
  return (await ask<{ run: string }>(pool, retries(limit))).map(({ run }) => run);
}

export const runsOfWithdrawnServers = (
  pool: Pool,
  limit: number,
): Promise<readonly { run: string; server: string }[]> => ask(pool, withdrawn(limit));

export const attemptsOfGoneInstances = (
  pool: Pool,
  before: number,
  limit: number,
): Promise<readonly { run: string; invocation: string; instance: string }[]> =>
  ask(pool, gone(before, limit));
