import {
  EventType,
  type JsonObject,
  type RunState,
  type TaskState,
  type Trigger,
} from '@cordyna/protocol/model';
import type { Defined, Happened } from './happened.js';

/** A record of a topic, as it lies in the log. Topics are named without the installation's prefix. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch ms: of `events` and `servers` the broker's append, else the sender's time. */
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** One row of the history; times are epoch ms on the database's clock. */
export interface HistoryEntry {
  readonly seq: number;
  readonly recordedMs: number;
  readonly source: string;
  readonly type: string;
  readonly task: string | null;
  readonly item: number | null;
  readonly attempt: number | null;
  readonly applied: boolean;
  readonly reason: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly data: JsonObject;
}

/** What a server tells of the end of an attempt. */
export const REPORTED_ENDS: ReadonlySet<string> = new Set([EventType.taskCompleted, EventType.taskError]);

/** What ends an attempt, whoever says so. */
export const ENDS: ReadonlySet<string> = new Set([...REPORTED_ENDS, EventType.taskCancelled]);

/** A task of a run as it is stored at the end. */
export interface StoredTask {
  readonly task: string;
  readonly item: number | null;
  readonly state: TaskState;
  readonly attempt: number;
  readonly invocation: string | null;
}

export interface StoredRun {
  readonly run: string;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly nextSeq: number;
  readonly tasks: readonly StoredTask[];
  readonly history: readonly HistoryEntry[];
}

/** A request for a run that was taken in: Kafka acknowledged it, or HTTP answered it. */
export interface AcceptedRequest {
  readonly key: string;
  /** Chosen by the caller, or answered. */
  readonly run: string;
}

/** One line of a side-effect file, on the disk before the task's work began. */
export interface Execution {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  /** The process that did it. */
  readonly by: string;
}

export interface StoredDeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly atMs: number;
}

export interface StoredFiring {
  readonly schedule: string;
  readonly scheduledForMs: number;
  readonly outcome: 'run' | 'skipped' | 'missed';
  readonly run: string | null;
}

/** What was done to the installation. */
export interface Fault {
  readonly kind: string;
  readonly atMs: number;
  /** When what was taken away was back; of what never comes back (a killed process), `atMs`. */
  readonly healedMs: number;
  /** While it lasted nobody could write to Kafka. */
  readonly stopsKafka: boolean;
  /** Until then it refused connections, so that nobody can have reached it. Default: `healedMs`. */
  readonly closedUntilMs?: number;
}

/** The time limits that the installation was run with. */
export interface Limits {
  readonly lostAfterMs: number;
  readonly stallGraceMs: number;
  /** A step of the watermark longer than this ends a stall. */
  readonly maxStepMs: number;
  /** For what was in the log at the end of a fault to be applied. */
  readonly recoveryMs: number;
  /** For a poison message to be out of the way, when nothing is the matter. */
  readonly poisonMs: number;
}

/** All that an outsider can know when an installation has come to rest. */
export interface Evidence {
  readonly records: readonly LogRecord[];
  readonly runs: readonly StoredRun[];
  readonly requests: readonly AcceptedRequest[];
  readonly executions: readonly Execution[];
  readonly deadLetters: readonly StoredDeadLetter[];
  readonly firings: readonly StoredFiring[];
  readonly happened: Happened;
  readonly defined: Defined;
  /** Task with a `forEach` → how many elements its list always has. */
  readonly lists: Readonly<Record<string, number>>;
  /** Messages that the outbox still holds. */
  readonly outbox: number;
  /** `<topic>/<partition>` → offset of the next record to apply. */
  readonly positions: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
  readonly limits: Limits;
}

/** Marks a record that the load made to be unreadable. */
export const POISON_HEADER = 'chaos-poison';
/** What coordinators read. */
export const INBOUND_TOPICS = ['declarations', 'servers', 'events', 'invocations', 'signals'] as const;
