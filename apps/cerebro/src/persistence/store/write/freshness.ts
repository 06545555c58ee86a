import { memberIndex, type FreshnessWrite } from '@cordyna/engine';
import type { Changes } from '../../../coordination/ports/index.js';
import { rowsPart, type Columns } from '../../sql/part.js';
import { prepared, type Statement } from '../../sql/statement.js';

const begin = prepared(
  'freshness_begin',
  `INSERT INTO freshness (task) SELECT task FROM unnest($1::text[]) AS t (task) ORDER BY task ON CONFLICT DO NOTHING`,
);

interface Written {
  consumed: FreshnessWrite['consumed'] | null;
  latest: FreshnessWrite['latest'] | null;
  holders: FreshnessWrite['holders'] | null;
}

interface Locked {
  readonly task: string;
  readonly version: number | null;
  /** Null: it is only compared. */
  readonly row: Written | null;
  /** Of the task run that has the output: it stays where it is. */
  readonly latestIndex: number | null;
}

const TASK: Columns<Locked>[string] = ['text', ({ task }) => task];
const VERSION: Columns<Locked>[string] = ['bigint', ({ version }) => version];
const WRITTEN: Columns<Locked> = {
  consumed: ['text', ({ row }) => (row?.consumed ? JSON.stringify(row.consumed) : null)],
  latest_run: ['uuid', ({ row }) => row?.latest?.run ?? null],
  latest_index: ['int', ({ latestIndex }) => latestIndex],
  latest_list: ['bool', ({ row }) => (row?.latest ? Array.isArray(row.latest.output) : null)],
  holders: ['text', ({ row }) => (row?.holders ? JSON.stringify(row.holders) : null)],
};

const changed = (l: string): string => `
       version = f.version + 1,
       consumed = CASE WHEN ${l}.consumed IS NULL THEN f.consumed ELSE f.consumed || ${l}.consumed::jsonb END,
       holders = CASE WHEN ${l}.holders IS NULL THEN f.holders ELSE jsonb_strip_nulls(f.holders || ${l}.holders::jsonb) END,
       latest_run = coalesce(${l}.latest_run, f.latest_run),
       latest_index = CASE WHEN ${l}.latest_run IS NULL THEN f.latest_index ELSE ${l}.latest_index END,
       latest_list = CASE WHEN ${l}.latest_run IS NULL THEN f.latest_list ELSE ${l}.latest_list END`;

// Rows are written in the order in which everybody locks them: to lock them beforehand would be a second write of each.
const write = rowsPart<Locked>({
  name: 'freshness_write',
  columns: { task: TASK, version: VERSION, ...WRITTEN },
  order: 'task',
  changes: (w) => `refreshed AS (
     UPDATE freshness f SET ${changed('w')} FROM ${w}
     WHERE f.task = w.task AND (w.version IS NULL OR w.version = f.version)
     RETURNING 1
   )`,
  answers: (count) => `cordyna_expect((SELECT count(*) FROM refreshed), ${count}, 'freshness')`,
});

// One statement locks all rows in one order, compared or only written, so that two batches cannot wait for each other.
const settle = rowsPart<Locked>({
  name: 'freshness_settle',
  columns: { task: TASK, version: VERSION, written: ['bool', ({ row }) => row !== null], ...WRITTEN },
  changes: (w) => `locked AS (
     SELECT f.task, w.written, w.consumed, w.latest_run, w.latest_index, w.latest_list, w.holders
     FROM ${w} JOIN freshness f ON f.task = w.task
     WHERE w.version IS NULL OR w.version = f.version
     ORDER BY f.task FOR UPDATE OF f
   ), refreshed AS (
     UPDATE freshness f SET ${changed('l')}
     FROM locked l WHERE l.written AND f.task = l.task
     RETURNING 1
   )`,
  answers: (count) =>
    `cordyna_expect((SELECT count(*) FROM locked), ${count}, 'freshness'), (SELECT count(*) FROM refreshed)`,
});

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
  const plans = new Map(changes.runs.map(({ seed }) => [seed.run, seed.plan]));
  const rows = Array.from(locked, ([task, row]): Locked => {
    const plan = row?.latest && plans.get(row.latest.run);
    const latestIndex = plan ? (memberIndex(plan, task) ?? null) : null;
    return { task, version: read.get(task) ?? null, row, latestIndex };
  });
  statements.push(rows.every(({ row }) => row !== null) ? write(rows) : settle(rows));
  return statements;
}

/** Tasks that have a row once this is committed. */
export const freshnessRowsOf = (
  { freshness }: Pick<Changes, 'freshness'>,
  declared: readonly string[],
): readonly string[] => [...freshness.read.keys(), ...freshness.writes.map(({ task }) => task), ...declared];
