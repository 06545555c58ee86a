import type { Input } from '@cordyna/engine';
import type { CirrusQueue, StoredSignal } from './ports/events.js';
import type { DefinitionChange, DefinitionResult } from './definitions/changes.js';
import type {
  DeadLetterReason,
  DeclarationError,
  Heartbeat,
  JsonObject,
  RunRequest,
  ServerDeclaration,
  SignalOutcome,
  TaskError,
  Trigger,
} from '@cordyna/protocol/model';

/** The record that an inbound message came in: named in the history, kept in a dead letter. */
export interface Where {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What a task server says of one attempt; the lease is checked by the door. */
export interface AttemptReport {
  readonly run: string;
  readonly invocation: string;
  readonly task: string;
  readonly attempt: number;
  readonly lease: string;
  readonly instance: string;
}

export type Report =
  | { readonly report: 'queued'; readonly position?: number }
  | { readonly report: 'started' }
  | { readonly report: 'completed'; readonly output: JsonObject }
  | { readonly report: 'error'; readonly error: TaskError }
  | { readonly report: 'progress'; readonly percent: number | null; readonly message: string | null }
  | { readonly report: 'log'; readonly level: string; readonly message: string };

/** Everything that goes through the door. `at` is epoch ms by the sender's clock. */
export type Inbound =
  | {
      readonly kind: 'declare';
      /** CloudEvents id of the declaration: the answer names it. */
      readonly declaration: string;
      readonly server: string;
      readonly version: string | null;
      /** Null with `errors`: it did not validate. */
      readonly body: ServerDeclaration | null;
      readonly errors: readonly DeclarationError[];
      readonly where: Where;
    }
  | { readonly kind: 'withdraw'; readonly server: string; readonly where: Where }
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat; readonly at: number; readonly where: Where }
  | {
      readonly kind: 'update';
      readonly source: string;
      readonly at: number;
      readonly attempt: AttemptReport;
      readonly report: Report;
      /** Of a progress or log line: its lease is wrong, and the run's history is to say so. */
      readonly isForged?: true;
      readonly where: Where;
    }
  | {
      readonly kind: 'run-requested';
      readonly source: string;
      readonly at: number;
      readonly request: RunRequest;
      readonly trigger: Trigger;
      /** W3C trace context, well-formed. */
      readonly traceparent?: string;
      /** The key when the request has none: `source` + `id` of its CloudEvent; null over HTTP. */
      readonly fallbackKey: string | null;
      /** Id of the run when the request names none; made once, so that deciding again changes nothing. */
      readonly newRun: string;
      /** Null over HTTP. */
      readonly where: Where | null;
    }
  | {
      readonly kind: 'run-input';
      readonly run: string;
      readonly source: string;
      readonly input: Input;
      /** Rests on what this coordinator has decided itself, not on what it read in the database. */
      readonly isOwn?: true;
    }
  | { readonly kind: 'fire'; readonly schedule: string; readonly newRun: string }
  /** What people ask of a schedule. */
  | {
      readonly kind: 'schedule-action';
      readonly schedule: string;
      readonly action: 'pause' | 'resume' | 'fire';
      readonly author: string | null;
      readonly reason: string | null;
      /** Of `fire`. */
      readonly newRun: string;
      readonly key: string | null;
    }
  /** What people define: all changes or none. */
  | {
      readonly kind: 'define';
      readonly changes: readonly DefinitionChange[];
      readonly author: string | null;
      readonly reason: string | null;
      /** Decides, and changes nothing. */
      readonly isDryRun: boolean;
    }
  /** Something happened; `note` is what the Cirrus interface writes down of it. */
  | {
      readonly kind: 'signal';
      readonly signal: StoredSignal;
      readonly note?: JsonObject;
      /** Null over HTTP. */
      readonly where: Where | null;
    }
  /** What timers find: see DueEvent. */
  | {
      readonly kind: 'event-due';
      readonly what: 'signal' | 'firing' | 'waiting';
      readonly id: string;
      readonly run: string | null;
      readonly newRun: string;
    }
  | {
      readonly kind: 'reset-fuse';
      readonly rule: string;
      readonly author: string | null;
      readonly reason: string | null;
    }
  /** The logs of the Cirrus interface. */
  | { readonly kind: 'note-rule-state'; readonly rule: string; readonly state: string }
  | { readonly kind: 'clear-queue'; readonly queue: CirrusQueue }
  | {
      readonly kind: 'lose';
      readonly server: string;
      readonly instance: string;
      readonly silentBefore: number;
    }
  | {
      readonly kind: 'poison';
      readonly reason: DeadLetterReason;
      readonly detail: string;
      readonly where: Where;
    }
  /** Nothing to do but to move the position: facts of Cerebro itself. */
  | { readonly kind: 'pass'; readonly where: Where };

export type RefusalCode =
  | 'unknown_task'
  | 'unknown_job'
  | 'unknown_run'
  | 'unknown_definition'
  | 'invalid_args'
  | 'invalid_definition'
  | 'definition_exists'
  | 'version_conflict'
  | 'definition_in_use'
  | 'key_reused'
  | 'wrong_state';

/** What became of one inbound. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'run'; readonly run: string; readonly created: boolean }
  | { readonly kind: 'defined'; readonly results: readonly DefinitionResult[] }
  | {
      readonly kind: 'signal';
      readonly outcome: SignalOutcome;
      /** False: the same source and id came before. */
      readonly created: boolean;
      /** That fired. */
      readonly rules: readonly string[];
    }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly message: string;
      readonly errors: readonly { readonly path: string; readonly message: string }[];
    }
  /** PostgreSQL refuses the value; a message from the bus became a dead letter. */
  | { readonly kind: 'store-refused'; readonly message: string }
  /** Records between the stored position and the batch were not read: nothing of it was applied. */
  | { readonly kind: 'gap'; readonly position: bigint };

/** What one partition's batch brings; empty `inbounds` still move the position. */
export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset: bigint;
  readonly nextOffset: bigint;
  /** The records before `fetchedOffset` are gone for good: go on from here. */
  readonly skipsGap?: true;
}

export const DONE: Outcome = { kind: 'done' };

/** UUIDs in either case are the same run; the database writes them in lower case. */
export const withRunInLowerCase = (request: RunRequest): RunRequest =>
  request.run === undefined ? request : { ...request, run: request.run.toLowerCase() };
