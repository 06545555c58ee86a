import type { Run, TaskRun } from '@cordyna/engine';
import { holderOf, lineIn, type RunChange } from '../../../coordination/ports/index.js';
import { rowsPart, type Columns } from '../../sql/part.js';
import type { Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

interface Row {
  readonly run: Run;
  readonly task: TaskRun;
}

const TIMES: ReadonlySet<string> = new Set(['deadline_at', 'retry_at', 'run_created_at']);
const sent = (column: string): string => (TIMES.has(column) ? at(`w.${column}`) : `w.${column}`);

/** Never changes once the row is there. */
const FIXED: ReadonlySet<string> = new Set(['run', 'index', 'server', 'run_created_at']);

const memberOf = ({ run, task }: Row) => run.seed.plan.members[task.member];

const KEY: Columns<Row> = {
  run: ['uuid', ({ run }) => run.seed.run],
  index: ['int', ({ task }) => task.index],
};
const WATCHED: Columns<Row> = {
  ...KEY,
  server: ['text', (row) => memberOf(row)?.server ?? null],
  invocation: ['text', ({ task }) => task.invocation],
  instance: ['text', ({ task }) => holderOf(task)],
  deadline_at: ['float8', ({ task }) => task.deadlineAt],
  deadline_kind: ['text', ({ task }) => task.deadlineKind],
  retry_at: ['float8', ({ task }) => task.retryAt],
  waiting_server: ['text', ({ task }) => lineIn(task)],
  run_created_at: ['float8', ({ run }) => run.createdAt],
};
const CHANGING = Object.keys(WATCHED).filter((name) => !FIXED.has(name));

const watch = rowsPart<Row>({
  name: 'task_runs_watch',
  columns: WATCHED,
  changes: (w) => `watched AS (
     INSERT INTO watched_task_runs (${Object.keys(WATCHED).join(', ')})
     SELECT ${Object.keys(WATCHED).map(sent).join(', ')} FROM ${w}
     ON CONFLICT (run, index) DO UPDATE SET ${CHANGING.map((name) => `${name} = excluded.${name}`).join(', ')}
     RETURNING 1
   )`,
  answers: () => '(SELECT count(*) FROM watched)',
});

const unwatch = rowsPart<Row>({
  name: 'task_runs_unwatch',
  columns: KEY,
  changes: (w) => `unwatched AS (
     DELETE FROM watched_task_runs t USING ${w} WHERE t.run = w.run AND t.index = w.index RETURNING 1
   )`,
  answers: () => '(SELECT count(*) FROM unwatched)',
});

/** Is there anything that a timer has to find it for? */
const isWatched = (task: TaskRun): boolean =>
  task.deadlineAt !== null || task.retryAt !== null || holderOf(task) !== null || lineIn(task) !== null;

/**
 * What timers look for of the task runs that a batch touched. Nothing is read back from there: a run is its seed and its
 * history, whose version guards these rows, too.
 */
export function writeTaskRuns(changes: readonly RunChange[]): Statement[] {
  const watched: Row[] = [];
  const unwatched: Row[] = [];
  for (const { run, before, touched } of changes) {
    for (const task of touched) {
      if (isWatched(task)) watched.push({ run, task });
      else if (before && task.index < before.tasks.length && isWatched(before.tasks.at(task.index)))
        unwatched.push({ run, task });
    }
  }
  return [
    ...(unwatched.length > 0 ? [unwatch(unwatched)] : []),
    ...(watched.length > 0 ? [watch(watched)] : []),
  ];
}
