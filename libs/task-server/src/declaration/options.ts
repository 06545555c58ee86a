import type { ForEachOnError, JsonObject, RetryPolicy, TaskLimit, Timeouts } from '@cordyna/protocol/model';
import type { Duration } from './durations.js';

/** What a team declares about one task; each field is explained in docs/protocol.md, "Server state". */
export interface TaskOptions {
  readonly description?: string;
  /** Tasks whose completion this one waits for: `<server>.<task>`, or the bare name of a task of this server. */
  readonly dependsOn?: readonly string[];
  /** Runs at this interval, e.g. `'60s'`; excludes `cron`. */
  readonly every?: Duration;
  /** Five fields, or six with seconds first; excludes `every`. */
  readonly cron?: string;
  /** IANA zone of `cron`; UTC when absent. */
  readonly timezone?: string;
  /** Arguments of every run; those of a job, a request or a dependency's output win over them. */
  readonly args?: JsonObject;
  /** Default: 10 s to acknowledge, 10 min to start, 30 min to complete. */
  readonly timeouts?: Partial<Timeouts>;
  /** Default: one attempt. */
  readonly retry?: Partial<RetryPolicy>;
  /** Runs once per element of `items` in the output of this task, which is a dependency too. */
  readonly forEach?: string;
  /** Of a `forEach`: `block` (default) what depends on the whole when an element failed, or `continue`. */
  readonly onError?: ForEachOnError;
  /** Of a `forEach`: so many elements of a run are under way at once; all of them when absent. */
  readonly concurrency?: number;
  /** How many attempts go on at once, over all runs and instances; with `key` for each value of that argument. */
  readonly limits?: readonly TaskLimit[];
  /** JSON Schema of the merged arguments; Cerebro checks it before each invocation. */
  readonly argsSchema?: JsonObject;
  /** JSON Schema of the output; Cerebro checks it on completion. */
  readonly outputSchema?: JsonObject;
}

export interface JobMember {
  /** `<server>.<task>`, or the bare name of a task of this server. */
  readonly task: string;
  /** Edges among the job's members; what the task declares when absent. */
  readonly dependsOn?: readonly string[];
  readonly args?: JsonObject;
}

export interface JobOptions {
  readonly description?: string;
  readonly args?: JsonObject;
  readonly tasks: readonly (string | JobMember)[];
}

/** Who declares. */
export interface ServerDescription {
  /** `^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`; the first part of each task's qualified name. */
  readonly name: string;
  readonly version?: string;
  readonly team?: string;
  /** Whom to ask: a mail address, a channel. */
  readonly contact?: string;
  readonly description?: string;
}
