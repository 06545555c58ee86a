import { lineOf, type TaskRun } from '@cordyna/engine';
import type { RunChange } from '../../../coordination/ports/index.js';
import { rowsPart } from '../../sql/part.js';
import { prepared, sideBySide, type Scalar, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

interface Row {
  readonly change: RunChange;
  readonly task: TaskRun;
}

type Type = 'uuid' | 'int' | 'text' | 'float8' | 'jsonb';

interface Column {
  readonly name: string;
  readonly type: Type;
  /** SQL that makes the column's value of what is sent; the value itself when absent. */
  readonly as?: (sent: string) => string;
  /** Never changes once the row is there. */
  readonly fixed?: true;
  readonly of: (row: Row) => Scalar;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
const time = (name: string, of: (task: TaskRun) => number | null): Column => ({
  name,
  type: 'float8',
  as: at,
  of: ({ task }) => of(task),
});
const memberOf = ({ change, task }: Row) => change.seed.plan.members[task.member];
const serverOf = (row: Row): string | null => memberOf(row)?.server ?? null;

function waitingServer(row: Row): string | null {
  const { state, reason } = row.task;
  return state === 'pending' ? lineOf(reason) : null;
}

const COLUMNS: readonly Column[] = [
  { name: 'run', type: 'uuid', fixed: true, of: ({ change }) => change.run.seed.run },
  { name: 'index', type: 'int', fixed: true, of: ({ task }) => task.index },
  { name: 'member', type: 'int', fixed: true, of: ({ task }) => task.member },
  { name: 'task', type: 'text', fixed: true, of: (row) => memberOf(row)?.task ?? null },
  { name: 'server', type: 'text', fixed: true, of: serverOf },
  { name: 'item_index', type: 'int', fixed: true, of: ({ task }) => task.item?.index ?? null },
  {
    name: 'item',
    type: 'jsonb',
    fixed: true,
    of: ({ task }) => (task.item ? JSON.stringify(task.item.value) : null),
  },
  { name: 'state', type: 'text', of: ({ task }) => task.state },
  { name: 'reason', type: 'text', of: ({ task }) => task.reason },
  { name: 'blocked_by', type: 'text', of: ({ task }) => task.blockedBy },
  { name: 'attempt', type: 'int', of: ({ task }) => task.attempt },
  { name: 'failures', type: 'int', of: ({ task }) => task.failures },
  { name: 'invocation', type: 'text', of: ({ task }) => task.invocation },
  time('deadline_at', ({ deadlineAt }) => deadlineAt),
  { name: 'deadline_kind', type: 'text', of: ({ task }) => task.deadlineKind },
  time('retry_at', ({ retryAt }) => retryAt),
  { name: 'waiting_server', type: 'text', of: waitingServer },
  { name: 'instance', type: 'text', of: ({ task }) => task.instance },
  {
    name: 'past_holders',
    type: 'jsonb',
    of: ({ task }) => (task.pastHolders.length === 0 ? null : JSON.stringify(task.pastHolders)),
  },
  time('invoked_at', ({ invokedAt }) => invokedAt),
  time('queued_at', ({ queuedAt }) => queuedAt),
  time('started_at', ({ startedAt }) => startedAt),
  time('finished_at', ({ finishedAt }) => finishedAt),
  { name: 'output', type: 'jsonb', of: ({ task }) => json(task.output) },
  { name: 'error', type: 'jsonb', of: ({ task }) => json(task.error) },
  {
    name: 'outside',
    type: 'jsonb',
    as: (sent) => `coalesce(${sent}, '{}')`,
    of: ({ task }) => (isEmpty(task.outside) ? null : JSON.stringify(task.outside)),
  },
  { name: 'elements_first', type: 'int', of: ({ task }) => task.elements?.first ?? null },
  { name: 'elements_count', type: 'int', of: ({ task }) => task.elements?.count ?? null },
  {
    name: 'run_created_at',
    type: 'float8',
    as: at,
    fixed: true,
    of: ({ change }) => change.run.createdAt,
  },
];

/** Fewer rows than these are not worth a statement of their own. */
const MANY = 40;
const nothingAs = ({ type, as }: Column): string => as?.(`NULL::${type}`) ?? `NULL::${type}`;

interface Text {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Of which nearly all rows have nothing. */
  readonly rare: readonly string[];
  /** The statement for what is sent. */
  readonly of: (
    name: string,
    sent: readonly Column[],
    valueOf: (column: Column) => string,
  ) => (rows: readonly Row[]) => Statement;
}

/**
 * A statement, and another one for rows that have nothing in rare columns: each list that is sent costs PostgreSQL as much
 * as a lookup by a key.
 */
function rowsStatement({ name, columns, rare, of: statementOf }: Text) {
  const seldom = columns.filter((column) => rare.includes(column.name));
  const variant = (variantName: string, sent: readonly Column[]) =>
    statementOf(variantName, sent, (column) => {
      if (!sent.includes(column)) return nothingAs(column);
      return column.as?.(`w.${column.name}`) ?? `w.${column.name}`;
    });
  const whole = variant(name, columns);
  const plain = variant(
    `${name}_plain`,
    columns.filter((column) => !seldom.includes(column)),
  );
  return (rows: readonly Row[]): Statement[] => {
    if (rows.length === 0) return [];
    const usual: Row[] = [];
    const others: Row[] = [];
    for (const row of rows) (seldom.every(({ of }) => of(row) === null) ? usual : others).push(row);
    if (others.length === 0) return [plain(rows)];
    return usual.length < MANY ? [whole(rows)] : [plain(usual), whole(others)];
  };
}

const namesOf = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ');

/** Takes its rows as lists. */
function listed(name: string, sent: readonly Column[], textOf: (w: string) => string) {
  const make = prepared(
    name,
    textOf(sideBySide(Object.fromEntries(sent.map((one) => [one.name, one.type])))),
  );
  return (rows: readonly Row[]): Statement => make(...sent.map(({ of }) => rows.map(of)));
}

const KEY = COLUMNS.filter(({ name }) => name === 'run' || name === 'index');
const CHANGING = COLUMNS.filter(({ fixed }) => !fixed);
/** Nothing is in them unless something fails, waits, or is a list. */
const RARE = [
  'reason',
  'blocked_by',
  'retry_at',
  'waiting_server',
  'past_holders',
  'error',
  'outside',
].concat(['elements_first', 'elements_count']);
const NOT_YET = ['item_index', 'item', 'deadline_at', 'deadline_kind', 'instance', 'queued_at'].concat([
  'started_at',
  'finished_at',
  'output',
]);

const insert = rowsStatement({
  name: 'task_runs_insert',
  columns: COLUMNS,
  rare: [...RARE.filter((name) => name !== 'reason'), ...NOT_YET],
  of: (name, sent, valueOf) =>
    listed(
      name,
      sent,
      (w) => `INSERT INTO task_runs (${namesOf(COLUMNS)})
   SELECT ${COLUMNS.map(valueOf).join(', ')} FROM ${w}`,
    ),
});

// The lock on its run holds everybody else off, so that the order does not matter.
const update = rowsStatement({
  name: 'task_runs_update',
  columns: [...KEY, ...CHANGING],
  rare: RARE,
  of: (name, sent, valueOf) =>
    rowsPart<Row>({
      name,
      columns: Object.fromEntries(sent.map((one) => [one.name, [one.type, one.of]])),
      changes: (w) => `updated AS (
     UPDATE task_runs t SET ${CHANGING.map((column) => `${column.name} = ${valueOf(column)}`).join(', ')}
     FROM ${w}
     WHERE t.run = w.run AND t.index = w.index
     RETURNING 1
   )`,
      answers: (count) => `cordyna_expect((SELECT count(*) FROM updated), ${count}, 'task runs')`,
    }),
});

const upsert = rowsStatement({
  name: 'task_runs_upsert',
  columns: COLUMNS,
  rare: [],
  of: (name, sent, valueOf) =>
    listed(
      name,
      sent,
      (w) => `INSERT INTO task_runs (${namesOf(COLUMNS)})
   SELECT ${COLUMNS.map(valueOf).join(', ')} FROM ${w}
   ORDER BY run, index
   ON CONFLICT (run, index) DO UPDATE SET ${CHANGING.map((one) => `${one.name} = excluded.${one.name}`).join(', ')}`,
    ),
});

/**
 * Task runs that a batch touched; of a run that is created, all. The run's version guards them. What a plan names has its
 * row since the run was created; elements of a `forEach` come when it is expanded.
 */
export function writeTaskRuns(changes: readonly RunChange[]): Statement[] {
  const created: Row[] = [];
  const members: Row[] = [];
  const elements: Row[] = [];
  for (const change of changes) {
    if (change.expectedVersion === null) for (const task of change.run.tasks) created.push({ change, task });
    else
      for (const task of change.touched)
        (task.index < change.seed.plan.members.length ? members : elements).push({ change, task });
  }
  return [...insert(created), ...update(members), ...upsert(elements)];
}
