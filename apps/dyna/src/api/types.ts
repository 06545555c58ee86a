import type { Item, JsonValue, RunState, TaskError, TaskState, Trigger } from '@cordyna/protocol/model';

/** What dyna reads of the HTTP API's answers. Times are RFC 3339. */
export interface RunSummary {
  readonly run: string;
  readonly task?: string | null;
  readonly job?: string | null;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface TaskRun {
  readonly task: string;
  readonly item: Item | null;
  readonly state: TaskState;
  readonly attempt: number;
  readonly server: string;
  readonly instance: string | null;
  readonly invokedAt: string | null;
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly output: JsonValue;
  readonly error: TaskError | null;
  readonly blockedBy: string | null;
  readonly reason: string | null;
}

export interface Run extends RunSummary {
  readonly tasks: readonly TaskRun[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

export interface Failure {
  readonly kind: string;
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  readonly server: string | null;
  readonly task: string | null;
  readonly run: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  readonly nodes: readonly { readonly task: string; readonly server: string; readonly declared: boolean }[];
  readonly edges: readonly Edge[];
}

export interface ServerSummary {
  readonly server: string;
  readonly state: string;
  readonly tasks: readonly string[];
}

/** RFC 9457 */
export interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly errors?: readonly {
    readonly path: string;
    readonly message: string;
    /** Both of what was sent as a file. */
    readonly line?: number;
    readonly column?: number;
  }[];
}

export interface Schedule {
  readonly schedule: string;
  readonly state: string;
  readonly task: string | null;
  readonly job: string | null;
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  readonly nextDueAt: string | null;
  readonly changed: { readonly author: string | null } | null;
}

export interface JobDefinition {
  readonly name: string;
  readonly version: number;
  readonly body: { readonly tasks: readonly { readonly task: string }[] };
  readonly author: string | null;
  readonly at: string;
}

export interface Difference {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

export interface Applied {
  readonly dryRun: boolean;
  readonly changes: readonly {
    readonly kind: string;
    readonly name: string;
    readonly outcome: 'created' | 'changed' | 'unchanged' | 'removed';
    readonly version: number;
    readonly warnings: readonly string[];
    readonly diff: readonly Difference[];
  }[];
}

export interface SermosRequest {
  readonly file: string;
  readonly handlers: { readonly [handler: string]: string };
  readonly environment: { readonly [name: string]: string };
}

export interface SermosImport {
  readonly file: string;
  readonly notes: readonly {
    readonly kind: 'dropped' | 'changed';
    readonly path: string;
    readonly message: string;
    readonly line: number;
  }[];
}
