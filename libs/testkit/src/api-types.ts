import type {
  InstanceState,
  Item,
  JsonObject,
  JsonValue,
  RunState,
  TaskError,
  TaskState,
  Trigger,
} from '@cordyna/protocol/model';

/**
 * The HTTP API's answers as the protocol page gives them; times are RFC 3339. Written out once more, and not taken from the
 * coordinator: what is renamed there without a reason in the protocol has to fail tests.
 */
export interface ApiTaskRun {
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

export interface ApiRunSummary {
  readonly run: string;
  readonly task: string | null;
  readonly job: string | null;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface ApiRun extends Omit<ApiRunSummary, 'task' | 'job'> {
  readonly tasks: readonly ApiTaskRun[];
}

export interface ApiHistoryRow {
  readonly seq: number;
  readonly at: string;
  readonly recordedAt: string;
  readonly source: string;
  readonly type: string;
  readonly task: string | null;
  readonly item: { readonly index: number } | null;
  readonly attempt: number | null;
  readonly applied: boolean;
  readonly reason: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly data: JsonObject;
}

export interface ApiGraph {
  readonly nodes: readonly {
    readonly task: string;
    readonly server: string;
    readonly declared: boolean;
    readonly unresolved: readonly string[] | boolean;
    readonly lastState: TaskState | null;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export interface ApiServer {
  readonly server: string;
  readonly version: string | null;
  readonly state: string;
  readonly instances: readonly {
    readonly instance: string;
    readonly state: InstanceState;
    readonly lastSeen: string;
    readonly clockSkewMs: number | null;
  }[];
  readonly tasks: readonly string[];
}

export interface ApiDeadLetter {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly [more: string]: JsonValue;
}

export interface ApiPage<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}
