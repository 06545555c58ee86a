import { prepared } from '../sql/statement.js';
import { ago } from '../sql/time.js';

const OLD = ago('$1');

/**
 * Candidates in order of their end; of those the ones that nobody needs, locked unless somebody works on them just now,
 * which the door would, to retry one. Keys are looked up candidate by candidate, in an index: hence the scalar subquery,
 * of which the planner makes no join over all keys.
 */
export const removeRuns = prepared(
  'retention_runs',
  `WITH candidates AS MATERIALIZED (
     SELECT id, finished_at FROM runs
     WHERE finished_at < ${OLD}
       AND (finished_at, id) > ($2::timestamptz, $3::uuid)
     ORDER BY finished_at, id LIMIT $4
   ), unneeded AS MATERIALIZED (
     SELECT c.id FROM candidates c
     WHERE c.id NOT IN (SELECT latest_run FROM freshness WHERE latest_run IS NOT NULL)
       AND c.id NOT IN (SELECT ended_run FROM freshness WHERE ended_run IS NOT NULL)
       AND (SELECT count(*) FROM run_keys k
            WHERE k.run = c.id AND k.created_at >= ${OLD}) = 0
   ), locked AS (
     SELECT r.id FROM runs r JOIN unneeded u ON r.id = u.id
     WHERE r.state <> 'running' AND r.finished_at < ${OLD}
     ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
   ), removed AS (
     DELETE FROM runs r USING locked l WHERE r.id = l.id RETURNING r.id
   ), seeds AS (
     DELETE FROM run_seeds s USING removed r WHERE s.run = r.id
   ), forgotten AS (
     DELETE FROM run_keys k USING removed r WHERE k.run = r.id RETURNING 1
   ), noted AS (
     INSERT INTO removed_runs (run) SELECT id FROM removed ON CONFLICT DO NOTHING
   )
   SELECT (SELECT count(*) FROM removed)::int AS runs, (SELECT count(*) FROM forgotten)::int AS run_keys,
     (SELECT count(*) FROM candidates)::int AS looked_at,
     (SELECT finished_at::text || ' ' || id FROM candidates ORDER BY finished_at DESC, id DESC LIMIT 1) AS last`,
);

export interface RemovedRuns {
  readonly runs: number;
  readonly run_keys: number;
  readonly looked_at: number;
  readonly last: string | null;
}

const TABLES = ['history_parts', 'history_failures', 'task_log', 'task_progress'] as const;

const removeRowsOf = (table: (typeof TABLES)[number]): string =>
  `${table}_gone AS (
     DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT t.id FROM gone g CROSS JOIN LATERAL (
         SELECT ctid AS id FROM ${table} h WHERE h.run = g.run LIMIT $1
       ) AS t LIMIT $1
     )) RETURNING 1
   )`;

/** Nobody reads or writes rows of a run that is not there, so that it does not matter how many batches they take. */
export const removeRowsOfRuns = prepared(
  'retention_rows',
  `WITH gone AS MATERIALIZED (SELECT run FROM removed_runs ORDER BY run LIMIT $1),
     ${TABLES.map(removeRowsOf).join(', ')}
   SELECT ${TABLES.map((table) => `(SELECT count(*) FROM ${table}_gone)::int AS ${table}`).join(', ')},
     (SELECT count(*) FROM gone)::int AS open`,
);

export interface RemovedRows {
  readonly history_parts: number;
  readonly history_failures: number;
  readonly task_log: number;
  readonly task_progress: number;
  /** Runs that had rows before this batch. */
  readonly open: number;
}

export const forgetEmptied = prepared(
  'retention_emptied',
  `DELETE FROM removed_runs WHERE run IN (SELECT run FROM removed_runs ORDER BY run LIMIT $1)
   ${TABLES.map((table) => `AND NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.run = removed_runs.run)`).join(' ')}`,
);
