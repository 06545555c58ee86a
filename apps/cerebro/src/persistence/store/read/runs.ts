import { restore, type DeadlineKind } from '@cordyna/engine';
import type { JsonObject, JsonValue, RunState, TaskError, TaskState } from '@cordyna/protocol/model';
import type { Loaded } from '../../../coordination/ports/index.js';
import { seedOf } from '../../sql/seeds.js';
import { prepared } from '../../sql/statement.js';
import { ms } from '../../sql/time.js';

export const selectRuns = prepared(
  'runs_select',
  `SELECT id, version::float8 AS version, state, s.seed, content_hash, ${ms('created_at')} AS created_at,
     ${ms('finished_at')} AS finished_at, next_seq, retried
   FROM runs JOIN run_seeds s ON s.run = id WHERE id = ANY ($1::uuid[])`,
);

export const selectTaskRuns = prepared(
  'task_runs_select',
  `SELECT run, index, member, item_index, item, state, reason, blocked_by, attempt, failures, invocation,
     ${ms('deadline_at')} AS deadline_at, deadline_kind, ${ms('retry_at')} AS retry_at, instance, past_holders,
     ${ms('invoked_at')} AS invoked_at, ${ms('queued_at')} AS queued_at, ${ms('started_at')} AS started_at,
     ${ms('finished_at')} AS finished_at, output, error, outside, elements_first, elements_count
   FROM task_runs WHERE run = ANY ($1::uuid[]) ORDER BY run, index`,
);

export interface RunRow {
  readonly id: string;
  readonly version: number;
  readonly state: RunState;
  readonly seed: string;
  readonly content_hash: string;
  readonly created_at: number;
  readonly finished_at: number | null;
  readonly next_seq: number;
  readonly retried: boolean;
}

export interface TaskRunRow {
  readonly run: string;
  readonly index: number;
  readonly member: number;
  readonly item_index: number | null;
  readonly item: JsonValue;
  readonly state: TaskState;
  readonly reason: string | null;
  readonly blocked_by: string | null;
  readonly attempt: number;
  readonly failures: number;
  readonly invocation: string | null;
  readonly deadline_at: number | null;
  readonly deadline_kind: DeadlineKind | null;
  readonly retry_at: number | null;
  readonly instance: string | null;
  readonly past_holders: StoredTaskRun['pastHolders'] | null;
  readonly invoked_at: number | null;
  readonly queued_at: number | null;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly output: JsonObject | null;
  readonly error: TaskError | null;
  readonly outside: StoredTaskRun['outside'];
  readonly elements_first: number | null;
  readonly elements_count: number | null;
}

type StoredTaskRun = Parameters<typeof restore>[2][number];

const taskRunOf = (row: TaskRunRow): StoredTaskRun => ({
  index: row.index,
  member: row.member,
  item: row.item_index === null ? null : { index: row.item_index, value: row.item },
  state: row.state,
  reason: row.reason,
  blockedBy: row.blocked_by,
  attempt: row.attempt,
  failures: row.failures,
  invocation: row.invocation,
  deadlineAt: row.deadline_at,
  deadlineKind: row.deadline_kind,
  retryAt: row.retry_at,
  instance: row.instance,
  pastHolders: row.past_holders ?? [],
  invokedAt: row.invoked_at,
  queuedAt: row.queued_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  output: row.output,
  error: row.error,
  outside: row.outside,
  elements:
    row.elements_first === null ? null : { first: row.elements_first, count: row.elements_count ?? 0 },
});

/** The runs as the engine knows them, from rows of one snapshot. */
export function runsOf(runs: readonly RunRow[], taskRuns: readonly TaskRunRow[]): Loaded['runs'] {
  const byRun = new Map<string, StoredTaskRun[]>(runs.map(({ id }) => [id, []]));
  for (const row of taskRuns) byRun.get(row.run)?.push(taskRunOf(row));
  return new Map(
    runs.map((row) => {
      const { id, seed, state, version, content_hash: contentHash } = row;
      const head = {
        state,
        createdAt: row.created_at,
        finishedAt: row.finished_at,
        nextSeq: row.next_seq,
        retried: row.retried,
      };
      return [id, { version, contentHash, value: restore(seedOf(seed), head, byRun.get(id) ?? []) }];
    }),
  );
}
