import type { Pool } from 'pg';
import type { DueDeadline } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { loadOf } from '../sql/server-load.js';
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

/**
 * What unfinished runs have, the oldest first, since they are what is at work; found by their keys, so that of the runs that
 * have ended, however many they are, nothing is read.
 */
export const ofUnfinishedRuns = (select: string, where: string): string =>
  `(SELECT id FROM runs WHERE state = 'running' ORDER BY created_at, id) AS r
   CROSS JOIN LATERAL (${select} FROM task_runs t WHERE t.run = r.id AND ${where} OFFSET 0) AS f`;

const withdrawn = prepared(
  'timer_withdrawn',
  `WITH withdrawn AS MATERIALIZED (
     SELECT server FROM servers s WHERE withdrawn_at IS NOT NULL AND ${loadOf('waiting', 's.server')} > 0
   )
   SELECT run, server FROM (
     SELECT r.id AS run, f.server FROM ${ofUnfinishedRuns(
       'SELECT DISTINCT t.server',
       `t.state = 'pending' AND t.server IN (SELECT server FROM withdrawn)`,
     )}
     WHERE EXISTS (SELECT FROM withdrawn) LIMIT $1
   ) AS found ORDER BY run, server`,
);

const gone = prepared(
  'timer_gone',
  `WITH gone AS MATERIALIZED (
     SELECT server, instance FROM instances i
     WHERE (state = 'lost' OR (state = 'offline' AND state_since < ${at('$1::float8')}))
       AND ${loadOf('unfinished', 'i.server', 'i.instance')} > 0
   )
   SELECT run, invocation, instance FROM (
     SELECT r.id AS run, f.invocation, f.instance FROM ${ofUnfinishedRuns(
       'SELECT t.invocation, t.instance',
       `t.invocation IS NOT NULL AND t.state IN ('queued', 'started')
         AND (t.server, t.instance) IN (SELECT server, instance FROM gone)`,
     )}
     WHERE EXISTS (SELECT FROM gone) LIMIT $2
   ) AS found ORDER BY run, invocation`,
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
