import { memberIndex, type FreshnessWrite } from '@cordyna/engine';
import type { Changes, RunChange } from '../../../coordination/ports/index.js';
import { prepared, sideBySide, type Scalar, type Statement } from '../../sql/statement.js';

const begin = prepared(
  'freshness_begin',
  `INSERT INTO freshness (task) SELECT task FROM unnest($1::text[]) AS t (task) ORDER BY task ON CONFLICT DO NOTHING`,
);

const WRITTEN = {
  ...{ consumed: 'text', latest_run: 'uuid', latest_index: 'int', latest_list: 'bool', holders: 'text' },
};

const CHANGED = `
       version = f.version + 1,
       consumed = CASE WHEN l.consumed IS NULL THEN f.consumed ELSE f.consumed || l.consumed::jsonb END,
       holders = CASE WHEN l.holders IS NULL THEN f.holders ELSE jsonb_strip_nulls(f.holders || l.holders::jsonb) END,
       latest_run = coalesce(l.latest_run, f.latest_run),
       latest_index = CASE WHEN l.latest_run IS NULL THEN f.latest_index ELSE l.latest_index END,
       latest_list = CASE WHEN l.latest_run IS NULL THEN f.latest_list ELSE l.latest_list END`;

// Rows are written in the order in which everybody locks them: to lock them beforehand would be a second write of each.
const write = prepared(
  'freshness_write',
  `WITH updated AS (
     UPDATE freshness f SET ${CHANGED}
     FROM (
       SELECT * FROM ${sideBySide({ task: 'text', version: 'bigint', ...WRITTEN })} ORDER BY task
     ) AS l
     WHERE f.task = l.task AND (l.version IS NULL OR l.version = f.version)
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $8, 'freshness') FROM updated`,
);

// One statement locks all rows in one order, compared or only written, so that two batches cannot wait for each other.
const settle = prepared(
  'freshness_settle',
  `WITH wanted AS (
     SELECT * FROM ${sideBySide({ task: 'text', version: 'bigint', written: 'bool', ...WRITTEN })}
   ), locked AS (
     SELECT f.task, w.written, w.consumed, w.latest_run, w.latest_index, w.latest_list, w.holders
     FROM wanted w JOIN freshness f ON f.task = w.task
     WHERE w.version IS NULL OR w.version = f.version
     ORDER BY f.task FOR UPDATE OF f
   ), updated AS (
     UPDATE freshness f SET ${CHANGED}
     FROM locked l WHERE l.written AND f.task = l.task
   )
   SELECT cordyna_expect(count(*), $9, 'freshness') FROM locked`,
);

interface Written {
  consumed: FreshnessWrite['consumed'] | null;
  latest: FreshnessWrite['latest'] | null;
  holders: FreshnessWrite['holders'] | null;
}

/** Tasks whose rows a commit locks, and what of them it writes, merged: one row per task. */
function lockedBy({ read, writes }: Changes['freshness']): ReadonlyMap<string, Written | null> {
  const locked = new Map<string, Written | null>();
  for (const task of read.keys()) locked.set(task, null);
  for (const { task, consumed, latest, holders } of writes) {
    let row = locked.get(task) ?? null;
    if (!row) locked.set(task, (row = { consumed: null, latest: null, holders: null }));
    if (consumed && isSome(consumed))
      row.consumed = row.consumed ? { ...row.consumed, ...consumed } : consumed;
    if (holders) row.holders = row.holders ? { ...row.holders, ...holders } : holders;
    if (latest) row.latest = latest;
  }
  return locked;
}

function isSome(consumed: NonNullable<Written['consumed']>): boolean {
  for (const _ in consumed) return true;
  return false;
}

function columnsOf(
  locked: ReadonlyMap<string, Written | null>,
  runs: readonly RunChange[],
): readonly (readonly Scalar[])[] {
  const rows = [...locked.values()];
  const plans = new Map(runs.map(({ seed }) => [seed.run, seed.plan]));
  // The output stays where it is; only the task run that has it is remembered.
  const indexOf = (task: string, row: Written | null): number | null => {
    const plan = row?.latest && plans.get(row.latest.run);
    return plan ? (memberIndex(plan, task) ?? null) : null;
  };
  return [
    rows.map((row) => (row?.consumed ? JSON.stringify(row.consumed) : null)),
    rows.map((row) => row?.latest?.run ?? null),
    Array.from(locked, ([task, row]) => indexOf(task, row)),
    rows.map((row) => (row?.latest ? Array.isArray(row.latest.output) : null)),
    rows.map((row) => (row?.holders ? JSON.stringify(row.holders) : null)),
  ];
}

/**
 * @param declared tasks whose row must be there from now on, so that there is something to lock
 * @param known tasks whose rows are there: they are never removed
 */
export function writeFreshness(
  changes: Pick<Changes, 'freshness' | 'runs'>,
  declared: readonly string[],
  known: ReadonlySet<string>,
): Statement[] {
  const { read } = changes.freshness;
  const locked = lockedBy(changes.freshness);
  const tasks = [...locked.keys()];
  const maybeAbsent = tasks.filter((task) => (read.get(task) ?? 0) === 0);
  const begun = [...new Set([...maybeAbsent, ...declared])].filter((task) => !known.has(task));
  const statements: Statement[] = begun.length > 0 ? [begin(begun)] : [];
  if (tasks.length === 0) return statements;
  const versions = tasks.map((task) => read.get(task) ?? null);
  const written = columnsOf(locked, changes.runs);
  const isWritten = Array.from(locked.values(), (row) => row !== null);
  statements.push(
    isWritten.includes(false)
      ? settle(tasks, versions, isWritten, ...written, tasks.length)
      : write(tasks, versions, ...written, tasks.length),
  );
  return statements;
}

/** Tasks that have a row once this is committed. */
export const freshnessRowsOf = (
  { freshness }: Pick<Changes, 'freshness'>,
  declared: readonly string[],
): readonly string[] => [...freshness.read.keys(), ...freshness.writes.map(({ task }) => task), ...declared];
