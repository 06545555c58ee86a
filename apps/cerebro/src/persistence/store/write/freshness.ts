import type { FreshnessWrite } from '@cordyna/engine';
import type { Changes, RunChange } from '../../../coordination/ports/index.js';
import { prepared, type Statement } from '../../sql/statement.js';

const begin = prepared(
  'freshness_begin',
  `INSERT INTO freshness (task) SELECT task FROM unnest($1::text[]) AS t (task) ORDER BY task ON CONFLICT DO NOTHING`,
);

// One statement locks all rows in one order, compared or only written, so that two batches cannot wait for each other.
const lock = prepared(
  'freshness_lock',
  `WITH locked AS (
     SELECT f.task
     FROM unnest($1::text[], $2::bigint[]) AS w (task, version) JOIN freshness f ON f.task = w.task
     WHERE w.version IS NULL OR w.version = f.version
     ORDER BY f.task FOR UPDATE OF f
   )
   SELECT cordyna_expect(count(*), $3, 'freshness') FROM locked`,
);

const write = prepared(
  'freshness_write',
  `UPDATE freshness f SET
     version = f.version + 1,
     consumed = f.consumed || w.consumed::jsonb,
     holders = CASE WHEN w.holders IS NULL THEN f.holders ELSE jsonb_strip_nulls(f.holders || w.holders::jsonb) END,
     latest_run = coalesce(w.latest_run, f.latest_run),
     latest_index = CASE WHEN w.latest_run IS NULL THEN f.latest_index ELSE w.latest_index END,
     latest_list = CASE WHEN w.latest_run IS NULL THEN f.latest_list ELSE w.latest_list END
   FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::bool[], $6::text[])
     AS w (task, consumed, latest_run, latest_index, latest_list, holders)
   WHERE f.task = w.task`,
);

interface Written {
  readonly task: string;
  consumed: Record<string, string>;
  latest: { readonly run: string; readonly index: number | null; readonly list: boolean } | null;
  holders: FreshnessWrite['holders'] | null;
}

/** The output stays where it is; only the task run that has it is remembered. */
function indexOf(run: string, task: string, runs: readonly RunChange[]): number | null {
  const change = runs.find(({ seed }) => seed.run === run);
  const { members } = change?.seed.plan ?? { members: [] };
  const found = change?.touched.find(({ item, member }) => item === null && members[member]?.task === task);
  return found?.index ?? members.find((member) => member.task === task)?.index ?? null;
}

/** One row per task: what a batch writes of it, in order, merged. */
function merged({ freshness, runs }: Pick<Changes, 'freshness' | 'runs'>): readonly Written[] {
  const byTask = new Map<string, Written>();
  for (const { task, consumed, latest, holders } of freshness.writes) {
    const row = byTask.get(task) ?? { task, consumed: {}, latest: null, holders: null };
    byTask.set(task, row);
    row.consumed = { ...row.consumed, ...consumed };
    if (holders) row.holders = { ...row.holders, ...holders };
    if (latest) {
      row.latest = {
        run: latest.run,
        index: indexOf(latest.run, task, runs),
        list: Array.isArray(latest.output),
      };
    }
  }
  return [...byTask.values()];
}

/** @param declared tasks whose row must be there from now on, so that there is something to lock */
export function writeFreshness(
  changes: Pick<Changes, 'freshness' | 'runs'>,
  declared: readonly string[],
): Statement[] {
  const { read } = changes.freshness;
  const writes = merged(changes);
  const unread = writes.map(({ task }) => task).filter((task) => !read.has(task));
  const maybeAbsent = [...read].filter(([, version]) => version === 0).map(([task]) => task);
  const begun = [...new Set([...maybeAbsent, ...unread, ...declared])];
  const statements: Statement[] = begun.length > 0 ? [begin(begun)] : [];
  if (read.size + writes.length === 0) return statements;
  const locked = [...read.keys(), ...unread];
  statements.push(
    lock(
      locked,
      locked.map((task) => read.get(task) ?? null),
      locked.length,
    ),
  );
  if (writes.length > 0) {
    statements.push(
      write(
        writes.map(({ task }) => task),
        writes.map(({ consumed }) => JSON.stringify(consumed)),
        writes.map(({ latest }) => latest?.run ?? null),
        writes.map(({ latest }) => latest?.index ?? null),
        writes.map(({ latest }) => latest?.list ?? null),
        writes.map(({ holders }) => (holders ? JSON.stringify(holders) : null)),
      ),
    );
  }
  return statements;
}
