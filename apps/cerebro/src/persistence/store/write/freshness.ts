import type { FreshnessWrite } from '@cordyna/engine';
import { isFinalTaskState, type TaskState } from '@cordyna/protocol/model';
import type { Changes } from '../../../coordination/ports/index.js';
import { FEW, rowsPart, type Columns } from '../../sql/part.js';
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

/** What may be said of a task: most commits say one or two of them of all of theirs, and nothing else. */
const KINDS = ['version', 'consumed', 'latest', 'holders', 'ended'] as const;
type Kind = (typeof KINDS)[number];

const KEY: Columns<Locked> = {
  task: ['text', ({ task }) => task],
  raises: ['bool', ({ row }) => row !== null],
};
const COLUMNS: Readonly<Record<Kind, Columns<Locked>>> = {
  version: { version: ['bigint', ({ version }) => version] },
  consumed: { consumed: ['text', ({ row }) => (row?.consumed ? JSON.stringify(row.consumed) : null)] },
  latest: {
    latest_run: ['uuid', ({ row }) => row?.latest?.run ?? null],
    output: ['text', ({ row }) => (row?.latest ? storable(JSON.stringify(row.latest.output)) : null)],
    completed_at: ['float8', ({ ended }) => ended?.finishedAt ?? null],
  },
  holders: { holders: ['text', ({ row }) => (row?.holders ? JSON.stringify(row.holders) : null)] },
  ended: {
    ended_run: ['uuid', ({ ended }) => ended?.run ?? null],
    ended_state: ['text', ({ ended }) => ended?.state ?? null],
    ended_created_at: ['float8', ({ ended }) => ended?.createdAt ?? null],
  },
};
const SAYS: Readonly<Record<Kind, (locked: Locked) => boolean>> = {
  version: ({ version }) => version !== null,
  consumed: ({ row }) => row !== null && row.consumed !== null,
  latest: ({ row }) => row !== null && row.latest !== null,
  holders: ({ row }) => row !== null && row.holders !== null,
  ended: ({ ended }) => ended !== null,
};

const columnsOf = (kinds: readonly Kind[]): Columns<Locked> =>
  Object.assign({}, KEY, ...kinds.map((kind) => COLUMNS[kind])) as Columns<Locked>;

const latest = (l: string, column: string, value: string): string =>
  `${column} = CASE WHEN ${l}.latest_run IS NULL THEN f.${column} ELSE ${value} END`;

// Of runs of the same millisecond that with the greater id is the newer one.
const ended = (l: string, column: string, value: string): string =>
  `${column} = CASE WHEN f.ended_run IS NULL
         OR (f.ended_created_at, f.ended_run) <= (${at(`${l}.ended_created_at`)}, ${l}.ended_run)
       THEN coalesce(${value}, f.${column}) ELSE f.${column} END`;

const SETS: Readonly<Record<Kind, (l: string) => readonly string[]>> = {
  version: () => [],
  consumed: (l) => [
    `consumed = CASE WHEN ${l}.consumed IS NULL THEN f.consumed ELSE f.consumed || ${l}.consumed::jsonb END`,
  ],
  latest: (l) => [
    latest(l, 'latest_run', `${l}.latest_run`),
    latest(l, 'output', `${l}.output`),
    latest(l, 'completed_at', at(`${l}.completed_at`)),
  ],
  holders: (l) => [
    `holders = CASE WHEN ${l}.holders IS NULL THEN f.holders
       ELSE jsonb_strip_nulls(f.holders || ${l}.holders::jsonb) END`,
  ],
  ended: (l) => [
    ended(l, 'ended_run', `${l}.ended_run`),
    ended(l, 'ended_state', `${l}.ended_state`),
    ended(l, 'ended_created_at', at(`${l}.ended_created_at`)),
  ],
};

const changed = (l: string, kinds: readonly Kind[]): string =>
  [`version = f.version + ${l}.raises::int`, ...kinds.flatMap((kind) => SETS[kind](l))].join(', ');

const sameVersion = (w: string, kinds: readonly Kind[]): string =>
  kinds.includes('version') ? ` AND (${w}.version IS NULL OR ${w}.version = f.version)` : '';

type Write = (rows: readonly Locked[]) => Statement;

// Rows are written in the order in which everybody locks them: to lock them beforehand would be a second write of each.
const writing = (kinds: readonly Kind[]): Write =>
  rowsPart<Locked>({
    name: `freshness_write_${kinds.map(([letter]) => letter).join('')}`,
    columns: columnsOf(kinds),
    order: 'task',
    changes: (w) => `refreshed AS (
     UPDATE freshness f SET ${changed('w', kinds)} FROM ${w}
     WHERE f.task = w.task${sameVersion('w', kinds)}
     RETURNING 1
   )`,
    answers: (count) => `cordyna_expect((SELECT count(*) FROM refreshed), ${count}, 'freshness')`,
  });

const anything = writing(KINDS);
const writes = new Map<string, Write>();

/** Of few rows there is one text, since it is joined with those of other tables: many are not asked for what none of them says. */
function write(rows: readonly Locked[]): Statement {
  if (rows.length <= FEW) return anything(rows);
  const kinds = KINDS.filter((kind) => rows.some(SAYS[kind]));
  const key = kinds.join();
  let made = writes.get(key);
  if (!made) writes.set(key, (made = writing(kinds)));
  return made(rows);
}

// One statement locks all rows in one order, compared or only written, so that two batches cannot wait for each other.
const settle = rowsPart<Locked>({
  name: 'freshness_settle',
  columns: { written: ['bool', isWritten], ...columnsOf(KINDS) },
  changes: (w) => `locked AS (
     SELECT w.* FROM ${w} JOIN freshness f ON f.task = w.task
     WHERE w.version IS NULL OR w.version = f.version
     ORDER BY f.task FOR UPDATE OF f
   ), refreshed AS (
     UPDATE freshness f SET ${changed('l', KINDS)}
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
  const found = new Map<string, Ended>();
  for (const { run, seed, touched } of runs) {
    const { createdAt } = run;
    for (const { item, member, state, finishedAt } of touched) {
      const task = seed.plan.members[member]?.task;
      if (item !== null || task === undefined || !isFinalTaskState(state)) continue;
      const known = found.get(task);
      if (!known || !isNewer(known, seed.run, createdAt))
        found.set(task, { run: seed.run, createdAt, state, finishedAt });
    }
  }
  return found;
}

/** What a commit says of tasks. */
export interface FreshnessChange {
  readonly rows: readonly Locked[];
  /** Tasks that may have no row yet. */
  readonly begun: readonly string[];
}

/**
 * @param declared tasks whose row must be there from now on, so that there is something to lock
 * @param known tasks whose rows are there: they are never removed
 */
export function freshnessOf(
  { freshness, runs }: Pick<Changes, 'freshness' | 'runs'>,
  declared: readonly string[],
  known: ReadonlySet<string>,
): FreshnessChange {
  const begun = new Set<string>();
  const begin = (task: string): void => {
    if (!known.has(task)) begun.add(task);
  };
  const rows: Locked[] = [];
  const add = (task: string, row: Written | null, ended: Ended | null): void => {
    const version = freshness.read.get(task) ?? null;
    if (version === null || version === 0) begin(task);
    rows.push({ task, version, row, ended });
  };
  const locked = lockedBy(freshness);
  const ends = endedBy(runs);
  for (const [task, row] of locked) add(task, row, ends.get(task) ?? null);
  for (const [task, end] of ends) if (!locked.has(task)) add(task, null, end);
  declared.forEach(begin);
  return { rows, begun: [...begun] };
}

/** What is compared and written of tasks: what they consumed, their latest output, who has places, how they ended last. */
export function writeFreshness({ rows, begun }: FreshnessChange): Statement[] {
  const statements: Statement[] = begun.length > 0 ? [begin(begun)] : [];
  if (rows.length > 0) statements.push(rows.every(isWritten) ? write(rows) : settle(rows));
  return statements;
}
