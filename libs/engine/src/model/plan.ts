import type { PlanError } from './registry.js';
import type {
  JsonObject,
  RetryPolicy,
  RunScope,
  TaskLimit,
  Timeouts,
  Trigger,
} from '@cordyna/protocol/model';

/** One task of a run, as it was declared when the run was created. Immutable. */
export interface Member {
  /** Position in `Plan.members`, and of its own task run in `Run.tasks`. */
  readonly index: number;
  readonly task: string;
  readonly server: string;
  /** Every dependency in declared order, `forEach` included, inside the run or not. */
  readonly dependencies: readonly string[];
  /** Those inside the run, as member indexes, in declared order. */
  readonly upstream: readonly number[];
  /** Members that depend on this one. */
  readonly downstream: readonly number[];
  /** Dependencies outside the run, in declared order. */
  readonly outside: readonly string[];
  /** The dependency whose output list makes one task run per element. */
  readonly forEach: string | null;
  /** Of a `forEach`: whether an element that failed blocks what depends on the whole. Older runs have none: they block. */
  readonly onError?: 'block' | 'continue';
  /** Of a `forEach`: so many elements are under way at once; all when absent. */
  readonly concurrency?: number;
  /** Absent when there are none. */
  readonly limits?: readonly TaskLimit[];
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** Arguments of the task's definition. */
  readonly args: JsonObject;
  /** Arguments that the job gives to this member. */
  readonly jobTaskArgs: JsonObject;
  readonly argsSchema: JsonObject | null;
  readonly outputSchema: JsonObject | null;
}

/**
 * What a dependency outside the run must be: `fresh` (a run of a task and what lies downstream), or just given with its
 * latest output (`scope: task`, jobs).
 */
export type OutsideRule = 'fresh' | 'latest';

export interface Plan {
  readonly members: readonly Member[];
  readonly outsideRule: OutsideRule;
}

/** Everything about a run that never changes: with its history it gives the run's state. */
export interface RunSeed {
  readonly run: string;
  /** Exactly one of `task` and `job` is set; both qualified, but a job made over HTTP has a bare name. */
  readonly task: string | null;
  readonly job: string | null;
  /** Of a job that no server declares. */
  readonly jobVersion?: number;
  readonly scope: RunScope;
  readonly trigger: Trigger;
  /** W3C trace context of the request: goes with all that is said about the run. */
  readonly traceparent?: string;
  /** Arguments of the job's declaration. */
  readonly jobArgs: JsonObject;
  /** Arguments of the request. */
  readonly args: JsonObject;
  readonly taskArgs: { readonly [task: string]: JsonObject };
  readonly plan: Plan;
}

export type PlanResult =
  { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly errors: readonly PlanError[] };
