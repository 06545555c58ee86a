import type { JsonObject } from './json.js';

export interface Timeouts {
  /** From publication of the invoke to `queued` or `started`. */
  readonly ackMs: number;
  /** From `queued` to `started`. */
  readonly startMs: number;
  /** From `started` to the end. */
  readonly completeMs: number;
}
export const DEFAULT_TIMEOUTS: Timeouts = { ackMs: 10_000, startMs: 600_000, completeMs: 1_800_000 };

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
}
export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 1,
  backoffMs: 1_000,
  factor: 2,
  maxBackoffMs: 60_000,
};

/** How many attempts of a task go on at once, over all runs and coordinators. */
export interface TaskLimit {
  readonly max: number;
  /** Name of an argument: the limit holds for each of its values by itself; for all together when absent. */
  readonly key?: string;
}

/** `block` (default): what depends on the whole is blocked. `continue`: it goes on, and gets `{}` of what failed. */
export const FOR_EACH_ON_ERROR = ['block', 'continue'] as const;
export type ForEachOnError = (typeof FOR_EACH_ON_ERROR)[number];

export interface TaskDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly dependsOn?: readonly string[];
  readonly everyMs?: number;
  readonly cron?: string;
  /** IANA zone of `cron`; UTC when absent. */
  readonly timezone?: string;
  readonly args?: JsonObject;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  readonly forEach?: string;
  /** Of a `forEach`: what an element that failed means for what depends on the whole. */
  readonly onError?: ForEachOnError;
  /** Of a `forEach`: so many elements are under way at once; all when absent. */
  readonly concurrency?: number;
  readonly limits?: readonly TaskLimit[];
  readonly argsSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
}

export interface JobTaskDeclaration {
  readonly task: string;
  /** Edges among the job's members; the declared ones when absent. */
  readonly dependsOn?: readonly string[];
  readonly args?: JsonObject;
}

export interface JobDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly args?: JsonObject;
  readonly tasks: readonly JobTaskDeclaration[];
}

/** Data of `cordyna.server.declared.v1`. */
export interface ServerDeclaration {
  readonly server: string;
  readonly version?: string;
  readonly team?: string;
  readonly contact?: string;
  readonly description?: string;
  readonly tasks: readonly TaskDeclaration[];
  readonly jobs?: readonly JobDeclaration[];
}

export interface DeclarationError {
  readonly code: string;
  /** JSON pointer into the declaration, e.g. `/tasks/0/dependsOn/1`. */
  readonly path: string;
  readonly message: string;
}

/** Data of `cordyna.server.accepted.v1`; `declaration` is the CloudEvents id that is answered. */
export interface DeclarationAccepted {
  readonly declaration: string;
  readonly server: string;
  readonly version?: string;
  readonly tasks: readonly string[];
  readonly unresolved: readonly string[];
  readonly warnings: readonly string[];
}

/** Data of `cordyna.server.rejected.v1`. */
export interface DeclarationRejected {
  readonly declaration: string;
  readonly server: string;
  readonly version?: string;
  readonly errors: readonly DeclarationError[];
}

/** Data of `cordyna.server.heartbeat.v1`. */
export interface Heartbeat {
  readonly server: string;
  readonly instance: string;
  readonly state: 'online' | 'draining' | 'offline';
  readonly capacity: number;
  /** Default 10 × capacity. */
  readonly queueLimit?: number;
  readonly queued?: number;
  readonly started?: number;
}
