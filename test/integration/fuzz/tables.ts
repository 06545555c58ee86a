import type pg from 'pg';
import { LoadChanges } from '../../../apps/cerebro/src/coordination/load-changes.js';
import { RunWork } from '../../../apps/cerebro/src/coordination/server-work.js';
import {
  foldedRuns,
  type PartRow,
  type SeedRow,
} from '../../../apps/cerebro/src/persistence/sql/stored-runs.js';

/** What moves on by itself, whoever asks for what. */
const MOVING = new Set([
  'coordinators',
  'instances',
  'positions',
  'outbox',
  'schema_migrations',
  'schedules',
  'schedule_firings',
  'signals',
  'signal_rules',
  'event_states',
  'rule_firings',
  'cirrus_queue',
]);

/** Rows and a digest of each table; the same as before when nothing has been changed. */
export async function digests(sql: pg.Client): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await sql.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const parts = tables
    .filter(({ name }) => !MOVING.has(name))
    .map(
      ({ name }) =>
        `SELECT '${name}' AS name, count(*) || ' rows, ' || coalesce(sum(hashtext(t::text)::bigint), 0) AS digest FROM ${name} t`,
    );
  const { rows } = await sql.query<{ name: string; digest: string }>(parts.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}

/** Runs that are there in part only: rows without the others that were written with them. */
export async function halfApplied(sql: pg.Client): Promise<readonly unknown[]> {
  const { rows } = await sql.query(
    `SELECT id FROM runs r WHERE next_seq - 1 <> (SELECT count(*) FROM history h WHERE h.run = r.id)
       OR NOT EXISTS (SELECT 1 FROM run_seeds s WHERE s.run = r.id)
     UNION ALL SELECT run FROM run_keys k WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = k.run)`,
  );
  return rows;
}

/** Servers and instances of which something else is kept than what all histories together say. */
export async function miscounted(sql: pg.Client): Promise<readonly unknown[]> {
  const seeds = await sql.query<SeedRow>('SELECT run, seed FROM run_seeds');
  const parts = await sql.query<PartRow>(
    'SELECT run, first_seq AS "firstSeq", entries FROM history_parts ORDER BY run, first_seq',
  );
  const load = new LoadChanges();
  for (const run of foldedRuns(seeds.rows, parts.rows).values()) {
    for (const server of RunWork.create(run).waitingFor()) load.wait(server, 1);
    for (const task of run.tasks) load.change(run.seed.plan.members[task.member]?.server ?? '', null, task);
  }
  const found = load.changes().map((one) => ({ ...one, instance: one.instance ?? '' }));
  const { rows: kept } = await sql.query<(typeof found)[number]>(
    `SELECT instance, server, sum(waiting)::int AS waiting, sum(unfinished)::int AS unfinished FROM server_load
     GROUP BY instance, server HAVING sum(waiting) <> 0 OR sum(unfinished) <> 0`,
  );
  const textOf = ({ server, instance, waiting, unfinished }: (typeof found)[number]): string =>
    `${server}/${instance}: ${waiting} waiting, ${unfinished} unfinished`;
  const [wanted, there] = [new Set(found.map(textOf)), new Set(kept.map(textOf))];
  return [...wanted].filter((one) => !there.has(one)).concat([...there].filter((one) => !wanted.has(one)));
}

/** Which of these runs are not there. */
export async function missing(sql: pg.Client, runs: readonly string[]): Promise<readonly unknown[]> {
  const { rows } = await sql.query('SELECT unnest($1::uuid[]) AS id EXCEPT SELECT id FROM runs', [runs]);
  return rows;
}

/** Runs that somebody asked for, and changes of definitions. */
export async function askedFor(sql: pg.Client): Promise<{ runs: readonly string[]; changes: number }> {
  const { rows } = await sql.query<{ id: string }>(
    `SELECT id FROM runs WHERE trigger->>'source' = '/http' AND trigger->>'kind' <> 'rule' ORDER BY id`,
  );
  const { rows: counted } = await sql.query<{ count: number }>('SELECT count(*)::int FROM definitions');
  return { runs: rows.map(({ id }) => id), changes: counted[0]?.count ?? 0 };
}
