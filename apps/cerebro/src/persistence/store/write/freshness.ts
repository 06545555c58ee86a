import type { FreshnessWrite } from '@cordyna/engine';
import { isFinalTaskState, type TaskState } from '@cordyna/protocol/model';
import type { Changes } from '../../../coordination/ports/index.js';
import { rowsPart, type Columns } from '../../sql/part.js';
import { prepared, type Statement } from '../../sql/statement.js';
import { storable } from '../../sql/stored-text.js';
import { at } from '../../sql/time.js';

const begin = prepared(
  'freshness_begin',
  `INSERT INTO freshness (task) SELECT task FROM unnest($1::text[]) AS t (task) ORDER BY task ON CONFLICT DO NOTHING`,
);

interface Written {
  consumed: FreshnessWrite['consumed'] | null;
  latest: FreshnessWrite['latest'] | null;
  holders: FreshnessWrite['holders'] | null;
}

/** How a task run has ended. */
interface Ended {
  readonly run: string;
  readonly createdAt: number;
  readonly state: TaskState;
  readonly finishedAt: number | null;
}

interface Locked {
  readonly task: string;
  readonly version: number | null;
  /** Null: the version stays. */
  readonly row: Written | null;
  /** In the newest run in which it has just ended. */
  readonly ended: Ended | null;
}

const isWritten = ({ row, ended }: Locked): boolean => row !== null || ended !== null;

const TASK: Columns<Locked>[string] = ['text', ({ task }) => task];
const VERSION: Columns<Locked>[string] = ['bigint', ({ version }) => version];
const WRITTEN: Columns<Locked> = {
  raises: ['bool', ({ row }) => row !== null],
  consumed: ['text', ({ row }) => (row?.consumed ? JSON.stringify(row.consumed) : null)],
  latest_run: ['uuid', ({ row }) => row?.latest?.run ?? null],
  output: ['text', ({ row }) => (row?.latest ? storable(JSON.stringify(row.latest.output)) : null)],
  holders: ['text', ({ row }) => (row?.holders ? JSON.stringify(row.holders) : null)],
  ended_run: ['uuid', ({ ended }) => ended?.run ?? null],
  ended_state: ['text', ({ ended }) => ended?.state ?? null],
  ended_created_at: ['float8', ({ ended }) => ended?.createdAt ?? null],
  ended_at: ['float8', ({ ended }) => ended?.finishedAt ?? null],
};

const changed = (l: string): string => {
  const latest = (column: string, value: string): string =>
    `${column} = CASE WHEN ${l}.latest_run IS NULL THEN f.${column} ELSE ${value} END`;
  // Of runs of the same millisecond that with the greater id is the newer one.
  const isNewer = `f.ended_run IS NULL
         OR (f.ended_created_at, f.ended_run) <= (${at(`${l}.ended_created_at`)}, ${l}.ended_run)`;
  const ended = (column: string, value: string): string =>
    `${column} = CASE WHEN ${isNewer} THEN coalesce(${value}, f.${column}) ELSE f.${column} END`;
  return `
       version = f.version + ${l}.raises::int,
       consumed = CASE WHEN ${l}.consumed IS NULL THEN f.consumed ELSE f.consumed || ${l}.consumed::jsonb END,
       holders = CASE WHEN ${l}.holders IS NULL THEN f.holders ELSE jsonb_strip_nulls(f.holders || ${l}.holders::jsonb) END,
       ${latest('latest_run', `${l}.latest_run`)},
       ${latest('output', `${l}.output`)},
       ${latest('completed_at', at(`${l}.ended_at`))},
       ${ended('ended_run', `${l}.ended_run`)},
       ${ended('ended_state', `${l}.ended_state`)},
       ${ended('ended_created_at', at(`${l}.ended_created_at`))}`;
};

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
  columns: { task: TASK, version: VERSION, written: ['bool', isWritten], ...WRITTEN },
  changes: (w) => `locked AS (
     SELECT w.* FROM ${w} JOIN freshness f ON f.task = w.task
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

const isNewer = (known: Ended, run: string, createdAt: number): boolean =>
  known.createdAt > createdAt || (known.createdAt === createdAt && known.run > run);

/** Tasks as a whole that a commit ends, each in the newest of its runs. */
function endedBy(runs: Changes['runs']): ReadonlyMap<string, Ended> {
  const ended = new Map<string, Ended>();
  for (const { run, seed, touched } of runs) {
    const { createdAt } = run;
    for (const { item, member, state, finishedAt } of touched) {
      const task = seed.plan.members[member]?.task;
      if (item !== null || task === undefined || !isFinalTaskState(state)) continue;
      const known = ended.get(task);
      if (!known || !isNewer(known, seed.run, createdAt))
        ended.set(task, { run: seed.run, createdAt, state, finishedAt });
    }
  }
  return ended;
}

/**
 * What is compared and written of tasks: what they consumed, their latest output, who has places, how they ended last.
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
  const ended = endedBy(changes.runs);
  const tasks = [...new Set([...locked.keys(), ...ended.keys()])];
  const maybeAbsent = tasks.filter((task) => (read.get(task) ?? 0) === 0);
  const begun = [...new Set([...maybeAbsent, ...declared])].filter((task) => !known.has(task));
  const statements: Statement[] = begun.length > 0 ? [begin(begun)] : [];
  if (tasks.length === 0) return statements;
  const rows = tasks.map((task): Locked => {
    const row = locked.get(task) ?? null;
    return { task, version: read.get(task) ?? null, row, ended: ended.get(task) ?? null };
  });
  statements.push(rows.every(isWritten) ? write(rows) : settle(rows));
  return statements;
}

/** Tasks that have a row once this is committed. */
export const freshnessRowsOf = (
  { freshness, runs }: Pick<Changes, 'freshness' | 'runs'>,
  declared: readonly string[],
): readonly string[] => [
  ...freshness.read.keys(),
  ...freshness.writes.map(({ task }) => task),
  ...endedBy(runs).keys(),
  ...declared,
];
