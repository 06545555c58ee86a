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

/** All times RFC 3339 in UTC with milliseconds. */
export interface RunSummary {
  readonly run: string;
  readonly task: string | null;
  readonly job: string | null;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface TaskRunView {
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
  /** Latest `progress`, where the task server sent any. */
  readonly progress?: { readonly percent: number | null; readonly message: string | null } | null;
}

export interface RunView extends RunSummary {
  readonly tasks: readonly TaskRunView[];
}

/** The arguments of a task in a run, and where each came from. */
export interface TaskArgsView {
  readonly run: string;
  readonly task: string;
  readonly item: { readonly index: number } | null;
  /** Null as long as it was not invoked: then outputs of what it depends on are not among the arguments yet. */
  readonly attempt: number | null;
  readonly args: JsonObject;
  /** Top-level name → `definition`, `job`, `run`, `job-task`, `task` or `output:<dependency>`. */
  readonly origins: { readonly [name: string]: string };
  /** What each source gave, in their order: of the same name the last one stands. Outputs are in the run's tasks. */
  readonly sources: readonly { readonly origin: string; readonly args: JsonObject }[];
}

export interface HistoryView {
  readonly seq: number;
  /** By the sender's clock. */
  readonly at: string;
  /** By the database's clock. */
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

export interface ServerView {
  readonly server: string;
  readonly version: string | null;
  readonly team: string | null;
  readonly contact: string | null;
  readonly description: string | null;
  /** `declared` before any heartbeat, else the best state among its instances; `withdrawn` after a tombstone. */
  readonly state: 'declared' | InstanceState | 'withdrawn';
  readonly instances: readonly {
    readonly instance: string;
    readonly state: InstanceState;
    readonly lastSeen: string;
    readonly clockSkewMs: number | null;
  }[];
  readonly tasks: readonly string[];
  /** What others changed that it depends on, since it was declared like this. */
  readonly notices: readonly string[];
}

export interface DeadLetterView {
  readonly id: string;
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** base64 */
  readonly key: string | null;
  /** UTF-8 where it is, else base64 with `encoding: base64`. */
  readonly value: string | null;
  readonly encoding: 'utf8' | 'base64';
  readonly truncated: boolean;
}

export const FAILURE_KINDS = ['dead_letter', 'refused', 'timeout', 'lost'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What went wrong, where, and which run it is about. What is not known of a kind is null. */
export interface FailureView {
  readonly kind: FailureKind;
  /** By the database's clock. */
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  readonly server: string | null;
  readonly instance: string | null;
  readonly task: string | null;
  readonly attempt: number | null;
  readonly run: string | null;
  /** Of the row in the run's history. */
  readonly seq: number | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
}

export interface FailureFilter {
  readonly kind?: FailureKind;
  readonly server?: string;
  /** Epoch ms: nothing from before. */
  readonly since?: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next: string | null;
}

/** A folder flow as its server reported it last; null before its first report. */
export interface FlowView {
  readonly task: string;
  readonly reportedAt: string | null;
  readonly report: JsonValue;
}

export interface LogLineView {
  readonly at: string;
  readonly invocation: string;
  readonly task: string;
  readonly attempt: number;
  readonly level: string;
  readonly message: string;
}

/** What the HTTP API reads. Malformed cursors throw InvalidCursor. */
export abstract class Queries {
  abstract runs(filter: {
    readonly state?: RunState;
    readonly task?: string;
    readonly job?: string;
    /** Those of jobs alone. */
    readonly ofJobs?: true;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<Page<RunSummary>>;
  abstract run(run: string): Promise<RunView | null>;
  /** In order of `seq`; null when there is no such run. */
  abstract history(run: string, fromSeq?: number, limit?: number): Promise<readonly HistoryView[] | null>;
  /** Of its latest attempt; null when there is no such run, task or element. */
  abstract taskArgs(run: string, task: string, item: number | null): Promise<TaskArgsView | null>;
  abstract log(run: string): Promise<readonly LogLineView[] | null>;
  abstract servers(): Promise<readonly ServerView[]>;
  /** task → state of its latest task run */
  abstract lastStates(): Promise<ReadonlyMap<string, TaskState>>;
  /** Tasks that declare to report flows, see FLOW_REPORT_SCHEMA of the protocol, with their newest outputs. */
  abstract flows(): Promise<readonly FlowView[]>;
  abstract deadLetters(filter: {
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<Page<DeadLetterView>>;
  /** Dead letters, refused inputs, attempts that a watchdog ended and lost instances, newest first. */
  abstract failures(filter: FailureFilter): Promise<Page<FailureView>>;
  /**
   * History rows of all runs (or one) in commit order after `cursor`: only rows that no later commit can precede.
   * Without a cursor it starts at the present end for all runs, at the first row for one run.
   */
  abstract stream(filter: {
    readonly run?: string;
    readonly cursor?: string;
    readonly limit: number;
  }): Promise<{
    readonly rows: readonly { readonly cursor: string; readonly run: string; readonly row: HistoryView }[];
    /** Where to go on when there were no rows. */
    readonly cursor: string;
  }>;
  /** Firings of a schedule, newest first. */
  abstract firings(
    schedule: string,
    limit: number,
  ): Promise<readonly { scheduledFor: string; outcome: string; run: string | null; reason: string | null }[]>;
}

export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}
