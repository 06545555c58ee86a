import type { Item, JsonObject, RunState, TaskError, TaskState } from '@cordyna/protocol/model';
import type { InvocationIndex } from './invocation-index.js';
import type { TaskList } from './task-list.js';
import type { RunSeed } from './plan.js';

export type DeadlineKind = 'ack' | 'start' | 'complete';

/** What a dependency outside the run gave: the run it came from and its output. */
export interface OutsideInput {
  readonly run: string;
  readonly output: JsonObject | readonly JsonObject[];
}

/** An instance that said of an attempt that it has it, before another one said so. */
export interface PastHolder {
  readonly instance: string;
  readonly state: 'queued' | 'started';
}

/**
 * One task in one run; of a `forEach` member one as a whole (`item` null) and one per element.
 * Times are epoch milliseconds on the database's clock.
 */
export interface TaskRun {
  /** Position in `Run.tasks`: members first, then elements in the order of their creation. */
  readonly index: number;
  /** Index of the member that it runs. */
  readonly member: number;
  readonly item: Item | null;
  readonly state: TaskState;
  /** Why it is `pending`, `skipped` or `cancelled`. */
  readonly reason: string | null;
  /** The task whose error blocks it. */
  readonly blockedBy: string | null;
  /** 0 until it is invoked. */
  readonly attempt: number;
  /** Attempts of the present budget that failed and count against `maxAttempts`. */
  readonly failures: number;
  /** The present attempt's invocation; null before the first. */
  readonly invocation: string | null;
  /** Unknown (null) until the invoke's publication is known, and in states without a deadline. */
  readonly deadlineAt: number | null;
  readonly deadlineKind: DeadlineKind | null;
  /** When a retry is due; null when none is waiting. */
  readonly retryAt: number | null;
  readonly instance: string | null;
  /** Who held the present attempt before `instance` took it over, and how far each had come. */
  readonly pastHolders: readonly PastHolder[];
  readonly invokedAt: number | null;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly output: JsonObject | null;
  readonly error: TaskError | null;
  /** What dependencies outside the run gave when it was first invoked; retries get the same. */
  readonly outside: { readonly [task: string]: OutsideInput };
  /** Derived, not stored: upstream members that have not ended. */
  readonly upstreamOpen: number;
  /** Derived, not stored: elements of an expanded `forEach` that have not ended. */
  readonly elementsOpen: number;
  /** Position of the first element and their number, once a `forEach` is expanded. */
  readonly elements: { readonly first: number; readonly count: number } | null;
}

/** One run of a task with what lies downstream, or of a job. Immutable: `step` returns a new one. */
export interface Run {
  readonly seed: RunSeed;
  readonly state: RunState;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** The `seq` of the next history row; rows are dense from 1. */
  readonly nextSeq: number;
  /** Somebody asked for what had failed to be run again: what is invoked since then is triggered by that. */
  readonly retried: boolean;
  readonly tasks: TaskList;
  /** Derived: task runs that are not final. */
  readonly open: number;
  /** Derived: the task run of each present invocation. */
  readonly invocations: InvocationIndex;
}
