import type { Timeouts } from './declaration.js';
import type { TaskError } from './errors.js';
import type { JsonObject, JsonValue } from './json.js';

/** One element of a `forEach`. */
export interface Item {
  readonly index: number;
  readonly value: JsonValue;
}

export const TRIGGER_KINDS = ['schedule', 'request', 'job', 'rule', 'file', 'retry'] as const;
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

/** What started a run; `schedule` and `scheduledFor` (RFC 3339) with kind `schedule`. */
export interface Trigger {
  readonly kind: TriggerKind;
  readonly schedule?: string;
  readonly scheduledFor?: string;
  /** CloudEvents `source` and `id` of the request, where there was one. */
  readonly source?: string;
  readonly id?: string;
  readonly job?: string;
  /** With kind `rule`: whose firing it is. */
  readonly rule?: string;
}

/** The trigger of a run that somebody asked for, `id` being that of the CloudEvent. */
export function requestTrigger({ job, trigger }: RunRequest, source: string, id?: string): Trigger {
  return {
    kind: trigger ?? (job ? 'job' : 'request'),
    source,
    ...(id === undefined ? {} : { id }),
    ...(job ? { job } : {}),
  };
}

/** Data of `cordyna.task.invoke.v1`. */
export interface InvokeCommand {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly item: Item | null;
  readonly args: JsonObject;
  readonly inputs: JsonObject;
  readonly trigger: Trigger;
  readonly timeouts: Timeouts;
  /** RFC 3339: publication + `ackMs` on the database's clock. */
  readonly expiresAt: string;
  readonly lease: string;
}

/** Data of `cordyna.task.cancel.v1`. */
export interface CancelCommand {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly reason: string;
}

/** What every task state update carries. */
export interface UpdateIdentity {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly lease: string;
  readonly instance: string;
}
export interface QueuedUpdate extends UpdateIdentity {
  readonly position?: number;
}
export type StartedUpdate = UpdateIdentity;
export interface ProgressUpdate extends UpdateIdentity {
  /** 0 to 100 */
  readonly percent?: number;
  readonly message?: string;
}
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export interface LogUpdate extends UpdateIdentity {
  readonly level: string;
  readonly message: string;
}
export interface CompletedUpdate extends UpdateIdentity {
  readonly output?: JsonObject;
}
export interface ErrorUpdate extends UpdateIdentity {
  readonly error: TaskError;
}

export const RUN_SCOPES = ['downstream', 'task'] as const;
export type RunScope = (typeof RUN_SCOPES)[number];

/** Kinds of triggers that a caller may name. */
export const REQUEST_TRIGGERS = ['file'] as const;
export type RequestTrigger = (typeof REQUEST_TRIGGERS)[number];

/** Data of `cordyna.run.requested.v1` and body of `POST /api/v1/runs`: exactly one of `task` and `job`. */
export interface RunRequest {
  readonly task?: string;
  readonly job?: string;
  readonly args?: JsonObject;
  readonly taskArgs?: { readonly [task: string]: JsonObject };
  readonly scope?: RunScope;
  readonly idempotencyKey?: string;
  /** A UUID chosen by the caller. */
  readonly run?: string;
  /** What made the caller ask; a request when absent. */
  readonly trigger?: RequestTrigger;
}
