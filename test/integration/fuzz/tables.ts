import type pg from 'pg';

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
       OR NOT EXISTS (SELECT 1 FROM task_runs t WHERE t.run = r.id)
     UNION ALL SELECT run FROM run_keys k WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = k.run)`,
  );
  return rows;
}

/** Servers and instances that have more, or less, than what is kept of them says. */
export async function miscounted(sql: pg.Client): Promise<readonly unknown[]> {
  const { rows } = await sql.query(
    `WITH tasks AS (
       SELECT run, server, instance, state = 'pending' AS waits, state <> 'invoked' AND instance IS NOT NULL AS is_held,
         invocation IS NOT NULL AND state IN ('invoked', 'queued', 'started') AS is_open FROM task_runs
     ), found AS (
       SELECT '' AS instance, server, count(DISTINCT run) FILTER (WHERE waits) AS waiting,
         count(*) FILTER (WHERE is_open) AS unfinished FROM tasks GROUP BY server
       UNION ALL
       SELECT instance, server, 0, count(*) FROM tasks WHERE is_open AND is_held GROUP BY instance, server
     ), kept AS (
       SELECT instance, server, sum(waiting) AS waiting, sum(unfinished) AS unfinished
       FROM server_load GROUP BY instance, server
     )
     SELECT * FROM found f FULL JOIN kept k USING (instance, server)
     WHERE coalesce(f.waiting, 0) <> coalesce(k.waiting, 0) OR coalesce(f.unfinished, 0) <> coalesce(k.unfinished, 0)`,
  );
  return rows;
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
