import { isFinalTaskState } from '@cordyna/protocol/model';
import type { CerebroErrorCode, RetryPolicy, TaskError } from '@cordyna/protocol/model';
import type { TaskRun } from '../model/index.js';
import type { Draft } from './draft.js';
import { RowType } from './rows.js';

export interface Failure {
  readonly error: TaskError;
  /** Is the error the input itself, or a consequence of something else? */
  readonly row: 'input' | 'row';
  /** Made by the coordinator: everybody who watches is told. */
  readonly own: boolean;
  /** The attempt may still be running on a server: tell it to stop. */
  readonly stop?: boolean;
  /** More for the row. */
  readonly data?: object;
}

export const ownError = (code: CerebroErrorCode, message: string, retryable = false): TaskError => ({
  code,
  message,
  retryable,
});

/** Delay before the attempt that follows `failures` failed ones, ms; `jitter` in [0, 1) spreads it by ±20 % (protocol). */
export function backoffMs(retry: RetryPolicy, failures: number, jitter: number): number {
  // Bounded, so that 0 × Infinity cannot happen.
  const growth = Math.min(retry.factor ** (failures - 1), Number.MAX_SAFE_INTEGER);
  return Math.round(Math.min(retry.backoffMs * growth, retry.maxBackoffMs) * (0.8 + 0.4 * jitter));
}

/** Ends a task run, or its present attempt, in an error; plans the next attempt when the budget allows one. */
export function fail(draft: Draft, task: TaskRun, failure: Failure): void {
  const { error } = failure;
  const { retry } = draft.member(task);
  const failures = task.failures + 1;
  const final = error.retryable === false || failures >= retry.maxAttempts;
  const { invocation } = task;
  endAttempt(draft, task, failure.stop ? error.message : null);
  const seq = draft[failure.row]({
    type: RowType.taskError,
    ...draft.about(task),
    data: { now: draft.now, invocation, error, final, counted: true, ...failure.data },
  });
  if (failure.own) {
    const { run } = draft.run.seed;
    const { task: name } = draft.member(task);
    const { item, attempt } = task;
    draft.fact(seq, RowType.taskError, name, { invocation, run, task: name, item, attempt, error });
  }
  if (final) return;
  // Errors that come before an attempt are never retryable.
  const jitter = draft.world.jitter(invocation as string);
  const retryAt = draft.origin.now + backoffMs(retry, failures, jitter);
  wait(draft, draft.task(task.index), `retry ${failures + 1} of ${retry.maxAttempts}`, retryAt);
}

/** Lets a task run wait; a row is written only when its reason changes. */
export function wait(draft: Draft, task: TaskRun, reason: string, retryAt: number | null): void {
  if (task.reason === reason) return;
  draft.row({
    type: RowType.taskWaiting,
    ...draft.about(task),
    reason,
    data: { now: draft.now, reason, retryAt },
  });
}

/**
 * The commands that the end of an attempt needs: its invoke must not be sent any more, and with `stop` (the reason) the
 * server is told. Nothing when no attempt is going on.
 */
export function endAttempt(draft: Draft, task: TaskRun, stop: string | null): void {
  const { invocation, state } = task;
  if (invocation === null || state === 'pending' || isFinalTaskState(state)) return;
  const { server, task: name } = draft.member(task);
  if (stop !== null) {
    const data = { invocation, run: draft.run.seed.run, task: name, reason: stop };
    draft.command({ kind: 'cancel', server, data });
  }
  draft.command({ kind: 'attempt-ended', invocation });
}
