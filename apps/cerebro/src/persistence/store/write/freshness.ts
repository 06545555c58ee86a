import type { FreshnessWrite } from '@cordyna/engine';
import type { Changes, RunChange } from '../../../coordination/ports/index.js';
import { prepared, sideBySide, type Statement } from '../../sql/statement.js';

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

function isSome(consumed: Written['consumed']): boolean {
  for (const _ in consumed) return true;
  return false;
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

/** Tasks whose rows a commit locks, and what of them it writes. */
function lockedBy(changes: Pick<Changes, 'freshness' | 'runs'>): ReadonlyMap<string, Written | null> {
  const locked = new Map<string, Written | null>();
  for (const task of changes.freshness.read.keys()) locked.set(task, null);
  for (const written of merged(changes)) locked.set(written.task, written);
  return locked;
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
  const locked = lockedBy(changes);
  const tasks = [...locked.keys()];
  const maybeAbsent = tasks.filter((task) => (read.get(task) ?? 0) === 0);
  const begun = [...new Set([...maybeAbsent, ...declared])].filter((task) => !known.has(task));
  const statements: Statement[] = begun.length > 0 ? [begin(begun)] : [];
  if (tasks.length === 0) return statements;
  const writes = [...locked.values()];
  const versions = tasks.map((task) => read.get(task) ?? null);
  const written = [
    writes.map((row) => (row && isSome(row.consumed) ? JSON.stringify(row.consumed) : null)),
    writes.map((row) => row?.latest?.run ?? null),
    writes.map((row) => row?.latest?.index ?? null),
    writes.map((row) => row?.latest?.list ?? null),
    writes.map((row) => (row?.holders ? JSON.stringify(row.holders) : null)),
  ];
  const isWritten = writes.map((row) => row !== null);
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
