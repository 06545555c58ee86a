import { isWaitingForServer, type TaskRun } from '@cordyna/engine';
import type { RunChange } from '../../../coordination/ports/index.js';
import { prepared, type Scalar, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

interface Row {
  readonly change: RunChange;
  readonly task: TaskRun;
}

type Type = 'uuid' | 'int' | 'text' | 'float8' | 'json';

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
  const server = serverOf(row);
  return state === 'pending' && server !== null && isWaitingForServer(reason, server) ? server : null;
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
    type: 'json',
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
    type: 'json',
    of: ({ task }) => (task.pastHolders.length === 0 ? null : JSON.stringify(task.pastHolders)),
  },
  time('invoked_at', ({ invokedAt }) => invokedAt),
  time('queued_at', ({ queuedAt }) => queuedAt),
  time('started_at', ({ startedAt }) => startedAt),
  time('finished_at', ({ finishedAt }) => finishedAt),
  { name: 'output', type: 'json', of: ({ task }) => json(task.output) },
  { name: 'error', type: 'json', of: ({ task }) => json(task.error) },
  { name: 'outside', type: 'json', of: ({ task }) => JSON.stringify(task.outside) },
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

const names = COLUMNS.map(({ name }) => name).join(', ');
const sent = COLUMNS.map(({ type }, n) => `$${n + 1}::${type === 'json' ? 'text' : type}[]`).join(', ');
const read = COLUMNS.map(({ name, type, as }) => (type === 'json' ? `${name}::jsonb` : (as?.(name) ?? name)));
const changed = COLUMNS.filter(({ fixed }) => !fixed).map(({ name }) => `${name} = excluded.${name}`);

const upsert = prepared(
  'task_runs_upsert',
  `INSERT INTO task_runs (${names})
   SELECT ${read.join(', ')} FROM unnest(${sent}) AS w (${names})
   ORDER BY run, index
   ON CONFLICT (run, index) DO UPDATE SET ${changed.join(', ')}`,
);

/** Task runs that a batch touched; of a run that is created, all. The run's version guards them. */
export function writeTaskRuns(changes: readonly RunChange[]): Statement[] {
  const rows = changes.flatMap((change): Row[] => {
    const tasks = change.expectedVersion === null ? [...change.run.tasks] : change.touched;
    return tasks.map((task) => ({ change, task }));
  });
  return rows.length === 0 ? [] : [upsert(...COLUMNS.map(({ of }) => rows.map(of)))];
}
