import { lineOf, type TaskRun } from '@cordyna/engine';
import type { RunChange } from '../../../coordination/ports/index.js';
import { prepared, type Scalar, type Statement } from '../../sql/statement.js';
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
  { name: 'outside', type: 'jsonb', of: ({ task }) => JSON.stringify(task.outside) },
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

type Select = (columns: readonly Column[]) => string;
const namesOf: Select = (columns) => columns.map(({ name }) => name).join(', ');
const sentOf: Select = (columns) => columns.map(({ type }, n) => `$${n + 1}::${type}[]`).join(', ');
const readOf: Select = (columns) => columns.map(({ name, as }) => as?.(name) ?? name).join(', ');

const KEY = COLUMNS.filter(({ name }) => name === 'run' || name === 'index');
const CHANGING = COLUMNS.filter(({ fixed }) => !fixed);
const UPDATED = [...KEY, ...CHANGING];

const insert = prepared(
  'task_runs_insert',
  `INSERT INTO task_runs (${namesOf(COLUMNS)})
   SELECT ${readOf(COLUMNS)} FROM unnest(${sentOf(COLUMNS)}) AS w (${namesOf(COLUMNS)})`,
);

// The lock on its run holds everybody else off, so that the order does not matter.
const update = prepared(
  'task_runs_update',
  `WITH updated AS (
     UPDATE task_runs t SET ${CHANGING.map(({ name, as }) => `${name} = ${as?.(`w.${name}`) ?? `w.${name}`}`).join(', ')}
     FROM unnest(${sentOf(UPDATED)}) AS w (${namesOf(UPDATED)})
     WHERE t.run = w.run AND t.index = w.index
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $${UPDATED.length + 1}, 'task runs') FROM updated`,
);

const upsert = prepared(
  'task_runs_upsert',
  `INSERT INTO task_runs (${namesOf(COLUMNS)})
   SELECT ${readOf(COLUMNS)} FROM unnest(${sentOf(COLUMNS)}) AS w (${namesOf(COLUMNS)})
   ORDER BY run, index
   ON CONFLICT (run, index) DO UPDATE SET ${CHANGING.map(({ name }) => `${name} = excluded.${name}`).join(', ')}`,
);

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
  const statements: Statement[] = [];
  if (created.length > 0) statements.push(insert(...COLUMNS.map(({ of }) => created.map(of))));
  if (members.length > 0)
    statements.push(update(...UPDATED.map(({ of }) => members.map(of)), members.length));
  if (elements.length > 0) statements.push(upsert(...COLUMNS.map(({ of }) => elements.map(of))));
  return statements;
}
