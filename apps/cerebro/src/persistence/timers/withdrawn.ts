import type { Run } from '@cordyna/engine';
import type { Pool } from 'pg';
import { ask } from '../sql/ask.js';
import { loadOf } from '../sql/server-load.js';
import { prepared } from '../sql/statement.js';
import { foldedRuns, selectParts, selectSeeds, type PartRow, type SeedRow } from '../sql/stored-runs.js';

/** Runs that are folded before others have their turn at the thread again. */
const AT_ONCE = 50;

// A seed names the server of each of its members, in quotes.
const unfinished = prepared(
  'timer_withdrawn',
  `WITH withdrawn AS MATERIALIZED (
     SELECT server FROM servers s WHERE withdrawn_at IS NOT NULL AND ${loadOf('waiting', 's.server')} > 0
   )
   SELECT r.id AS run, array_agg(w.server ORDER BY w.server) AS servers
   FROM withdrawn w CROSS JOIN runs r JOIN run_seeds s ON s.run = r.id
   WHERE r.state = 'running' AND strpos(s.seed, '"' || w.server || '"') > 0
   GROUP BY r.id ORDER BY r.id`,
);

const isPendingAt = (server: string, { tasks, seed: { plan } }: Run): boolean => {
  for (const { state, member } of tasks)
    if (state === 'pending' && plan.members[member]?.server === server) return true;
  return false;
};

/** Unfinished runs with pending members of servers that are withdrawn: there are some only right after a withdrawal. */
export async function runsOfWithdrawnServers(
  pool: Pool,
  limit: number,
): Promise<readonly { run: string; server: string }[]> {
  const candidates = await ask<{ run: string; servers: readonly string[] }>(pool, unfinished());
  const found: { run: string; server: string }[] = [];
  for (let begin = 0; begin < candidates.length && found.length < limit; begin += AT_ONCE) {
    const some = candidates.slice(begin, begin + AT_ONCE);
    const runs = await fold(
      pool,
      some.map(({ run }) => run),
    );
    for (const { run, servers } of some) {
      const folded = runs.get(run);
      for (const server of servers) if (folded && isPendingAt(server, folded)) found.push({ run, server });
    }
  }
  return found.slice(0, limit);
}

/** A run that goes on meanwhile is seen as it was a moment ago, or removed: what is proposed for it is decided anew. */
async function fold(pool: Pool, runs: readonly string[]): Promise<ReadonlyMap<string, Run>> {
  const seeds = await ask<SeedRow>(pool, selectSeeds(runs));
  return foldedRuns(seeds, await ask<PartRow>(pool, selectParts(runs)));
}
