import type { RunAge } from '@cordyna/engine';
import type { Pool } from 'pg';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import { ms, wholeMs } from '../sql/time.js';

// Recursive, so that a server costs one look into the index, however many wait for it; its runs are read in its order.
const waiting = prepared(
  'timer_waiting',
  `WITH RECURSIVE line (name) AS (
     (SELECT waiting_server FROM watched_task_runs WHERE waiting_server IS NOT NULL ORDER BY waiting_server LIMIT 1)
     UNION ALL
     SELECT (SELECT waiting_server FROM watched_task_runs WHERE waiting_server > name ORDER BY waiting_server LIMIT 1)
     FROM line WHERE name IS NOT NULL
   )
   SELECT name AS server, run, ${ms('run_created_at')} AS "createdAt" FROM line CROSS JOIN LATERAL (
     SELECT run, run_created_at FROM watched_task_runs WHERE waiting_server = name
     GROUP BY run_created_at, run ORDER BY run_created_at, run LIMIT $1
   ) AS oldest
   WHERE name IS NOT NULL ORDER BY name, run_created_at, run`,
);

export async function runsWaitingPerServer(
  pool: Pool,
  limit: number,
): Promise<ReadonlyMap<string, readonly RunAge[]>> {
  const servers = new Map<string, RunAge[]>();
  for (const { server, run, createdAt } of await ask<RunAge & { server: string }>(pool, waiting(limit))) {
    const runs = servers.get(server) ?? [];
    runs.push({ run, createdAt: wholeMs(createdAt) });
    servers.set(server, runs);
  }
  return servers;
}
