import type {
  DeclaredServer,
  Definition,
  Freshness,
  FreshnessWrite,
  HistoryRow,
  Registry,
  Run,
  RunAge,
  RunSeed,
  TaskRun,
} from '@cordyna/engine';
import type { DeadLetterReason, Heartbeat, JsonObject, ServerDeclaration } from '@cordyna/protocol/model';
import type { DueEvent, EventChanges, EventNeeds, LoadedEvents } from './events.js';
import { LookQueries } from './look.js';
import type { HeldCommit } from './held.js';
import type { OutboxMessage, OutboxRow } from './outbox.js';
import type { Firing, Schedule } from './schedules.js';
import type { ServerLoad } from './server-load.js';
import type { TransactionId } from './snapshot.js';
import type { Versioned } from './versioned.js';

/** A unique key of a run request: `target` is the task or job, `key` the caller's key or `source` + `id`. */
export interface RunKey {
  readonly target: string;
  readonly key: string;
}

export interface StoredKey extends RunKey {
  readonly run: string;
  /** Hash of the request's content: the same key with another hash is refused. */
  readonly contentHash: string;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
}

/** What a batch wants to read. */
export interface Needs {
  readonly runs: readonly string[];
  /** Ids that were made for runs to come: one is there only when what makes it is decided again. */
  readonly newRuns?: readonly string[];
  readonly freshness: readonly string[];
  readonly keys: readonly RunKey[];
  /** Keys of requests, of which one is there only when it comes again. */
  readonly newKeys?: readonly RunKey[];
  readonly schedules: readonly string[];
  readonly positions: readonly Position[];
  readonly registry: boolean;
  readonly events?: EventNeeds;
}

/** What was found; what is absent is not there. */
export interface Loaded {
  readonly runs: ReadonlyMap<string, Versioned<Run> & { readonly contentHash: string }>;
  readonly freshness: ReadonlyMap<string, Versioned<Freshness>>;
  /** By `keyOf(target, key)`. */
  readonly keys: ReadonlyMap<string, StoredKey>;
  /** With the state of `lastRun`. */
  readonly schedules: ReadonlyMap<string, Versioned<Schedule> & { readonly lastRunOpen: boolean }>;
  /** By `<topic>/<partition>`: the offset of the next record to apply. */
  readonly positions: ReadonlyMap<string, bigint>;
  readonly registry: Versioned<Registry> | null;
  readonly events?: LoadedEvents;
}

export interface DeadLetterRow {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** First 900 KiB. */
  readonly value: Buffer | null;
  readonly truncated: boolean;
}

export interface RunChange {
  readonly run: Run;
  /** Null: the run is created (a run that exists already is a conflict). */
  readonly expectedVersion: number | null;
  /** As it was read; null of a new one. */
  readonly before: Run | null;
  readonly seed: RunSeed;
  readonly contentHash: string;
  /** Task runs whose stored fields changed, each once, in order of `index`. */
  readonly touched: readonly TaskRun[];
  readonly rows: readonly HistoryRow[];
}

export type RegistryChange =
  | {
      readonly kind: 'declare';
      readonly server: DeclaredServer;
      /** As it was sent, for equality and export. */
      readonly declaration: ServerDeclaration;
      readonly tasks: readonly string[];
    }
  | { readonly kind: 'withdraw'; readonly server: string }
  /** All that the server is to be told from now on. */
  | { readonly kind: 'notify'; readonly server: string; readonly notices: readonly string[] }
  | {
      readonly kind: 'define';
      readonly definition: Definition;
      readonly author: string | null;
      readonly reason: string | null;
    };

/** What one transaction writes. The store checks every version in the same transaction. */
export interface Changes {
  readonly positions: readonly (Position & { readonly from: bigint | null; readonly to: bigint })[];
  readonly runs: readonly RunChange[];
  /** What all of `runs` together change of it, each server and instance once. */
  readonly load: readonly ServerLoad[];
  /** Run ids that a decision found absent. */
  readonly absentRuns: readonly string[];
  readonly keys: readonly StoredKey[];
  readonly freshness: {
    /** task → version that was read (0: no row) */
    readonly read: ReadonlyMap<string, number>;
    readonly writes: readonly FreshnessWrite[];
  };
  readonly registry: {
    /** Version that was read; null when no decision looked at it. */
    readonly read: number | null;
    readonly changes: readonly RegistryChange[];
  };
  readonly schedules: readonly {
    readonly expectedVersion: number | null;
    readonly value: Schedule;
    /** Nothing but `nextDueAt` and `lastRun` is other than what was read. */
    readonly isMoved?: true;
  }[];
  readonly firings: readonly Firing[];
  readonly heartbeats: readonly Heartbeat[];
  readonly signsOfLife: readonly {
    readonly server: string;
    readonly instance: string;
    readonly sentAt: number;
  }[];
  /** Instances found lost: applied only if still silent since before `silentBefore` (epoch ms). */
  readonly lost: readonly {
    readonly server: string;
    readonly instance: string;
    readonly silentBefore: number;
  }[];
  readonly outbox: readonly OutboxMessage[];
  /** Ids of outbox rows of which nothing is owed any more: deleted. */
  readonly published: readonly string[];
  /** Rows of which something is still owed, with the places of messages that are not. */
  readonly narrowed: readonly { readonly row: string; readonly settled: readonly number[] }[];
  readonly deadLetters: readonly DeadLetterRow[];
  /** Absent when no event, rule or event set is concerned. */
  readonly events?: EventChanges;
}

export interface Saved {
  /** `Changes.outbox` as it is stored, in its order; null when there is none. */
  readonly outbox: OutboxRow | null;
  /** How many instances were found lost that were not so before. */
  readonly lost: number;
  /** Database clock (epoch ms) at the transaction's start. */
  readonly clock: number;
  /** Of what changes runs; null of all else, which need not write anything. */
  readonly transaction: TransactionId | null;
}

/** Something that a decision rested on has changed: nothing was written; load again and decide again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** The connection was lost around COMMIT: what the transaction did is unknown until it is read again. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/** PostgreSQL cannot be reached, or asks to try again (40001, 40P01, 55P03, 57P0x, 08xxx). Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

/** PostgreSQL has no room left on its disk (53100). Nothing was written; it may be tried again once there is room. */
export class StoreFull extends StoreUnavailable {
  override readonly name = 'StoreFull';
}

/** PostgreSQL refuses a value (SQLSTATE classes 22 and 23, but for version conflicts). Nothing was written. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

export abstract class Reader {
  /** @throws StoreUnavailable */
  abstract load(needs: Needs): Promise<Loaded>;
}

/** Names a commit, so that another one can be sent behind it before its outcome is known. */
export type Ticket = object;
export interface CommitOrder {
  readonly ticket: Ticket;
  /** The commit before, which may still be under way. */
  readonly after: Ticket | null;
}

/** PostgreSQL as the door sees it. */
export abstract class Store extends Reader {
  /**
   * One transaction in one round trip: checks all that was read, writes all that changed. With `order.after` it takes
   * effect only if that commit did; else it is a conflict, whatever it would find.
   * @throws Conflict | UnknownOutcome | StoreUnavailable | StoreRefused
   */
  abstract commit(changes: Changes, order?: CommitOrder): Promise<Saved>;

  /**
   * The same with every row that `load` reads locked (ordered by id) until the commit: for a batch that met a Conflict.
   * `decide` may load several times.
   */
  abstract commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved>;

  /**
   * Begins the transaction of what is to take effect later, and writes what nobody else can know of; a transaction that is
   * held for 2 s has come to nothing.
   * @param changes of which `isHoldable` holds
   * @param stamp epoch ms, database clock: of its messages
   * @throws StoreUnavailable | StoreRefused
   */
  abstract hold(changes: Changes, stamp: number): Promise<HeldCommit>;
}

export const keyOf = (target: string, key: string): string => `${target}\n${key}`;
export const positionOf = (topic: string, partition: number): string => `${topic}/${partition}`;

export interface DueDeadline {
  readonly run: string;
  readonly invocation: string;
  readonly kind: 'ack' | 'start' | 'complete';
}

/** What timers ask the database: cheap, indexed, and only ever a reason to propose something to the door. */
export abstract class TimerQueries extends LookQueries {
  abstract positions(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  /** Attempts with `deadline_at` < before, the oldest first. */
  abstract dueDeadlines(before: number, limit: number): Promise<readonly DueDeadline[]>;
  /** Unfinished runs with a retry that is due by the database's clock. */
  abstract runsWithDueRetries(limit: number): Promise<readonly string[]>;
  /** server → the oldest runs, at most `limit`, with tasks that nothing but this server keeps waiting; the oldest first */
  abstract runsWaitingPerServer(limit: number): Promise<ReadonlyMap<string, readonly RunAge[]>>;
  /** Instances that sent heartbeats, are not lost or offline, and were last seen before `before` (epoch ms). */
  abstract silentInstances(before: number): Promise<readonly { server: string; instance: string }[]>;
  /** Attempts queued or started on instances that are lost, or went offline before `before` (epoch ms). */
  abstract attemptsOfGoneInstances(
    before: number,
    limit: number,
  ): Promise<readonly { run: string; invocation: string; instance: string }[]>;
  /** Unfinished runs with pending members of servers that are withdrawn. */
  abstract runsOfWithdrawnServers(limit: number): Promise<readonly { run: string; server: string }[]>;
  /**
   * Active schedules that are due now or within `aheadMs` on the database's clock, the first due first, and those with a
   * firing that waits for a run that has ended (due now).
   */
  abstract dueSchedules(
    aheadMs: number,
    limit: number,
  ): Promise<readonly { readonly schedule: string; readonly dueAt: number }[]>;
  /** Active schedules with a firing that waits for a run that has ended. */
  abstract schedulesThatWait(limit: number): Promise<readonly string[]>;
  /** Signals, firings of rules and what waits in event sets that are due; at most `limit` of each, the oldest first. */
  abstract dueEvents(limit: number): Promise<readonly DueEvent[]>;
  /**
   * Takes over rows whose stamp is older than `olderThanMs`: gives them `stamp = now()` (SKIP LOCKED). The oldest, until
   * they have `limit` messages.
   */
  abstract claimUnpublished(olderThanMs: number, limit: number): Promise<readonly OutboxRow[]>;
  /** How many messages are not known to be published. */
  abstract countUnpublished(): Promise<number>;
  /**
   * Of claimed rows those that are still there and that nobody claimed since, with `stamp = now()`, which is the same for
   * all of them; and of their messages those that may be sent now: not settled meanwhile, and of invokes those whose
   * attempt is still `invoked`, in the snapshot of the statement that gives the stamp. A row that somebody else is about
   * to change is left out.
   */
  abstract renewUnpublished(claimed: readonly OutboxRow[]): Promise<readonly OutboxRow[]>;
}

/** What all coordinators of an installation share. */
export abstract class Installation {
  /** Brings the schema up to date; safe when several coordinators start at once. */
  abstract migrate(): Promise<void>;
  /** The secret of leases: made at random by the first coordinator, kept in the database. */
  abstract secret(): Promise<string>;
}

/** Progress and log lines: best effort, outside the door's transaction, first to be dropped under load. */
export abstract class ProgressStore {
  abstract save(batch: {
    readonly progress: readonly {
      readonly run: string;
      readonly invocation: string;
      readonly percent: number | null;
      readonly message: string | null;
      readonly at: number;
    }[];
    readonly log: readonly {
      readonly run: string;
      readonly invocation: string;
      readonly at: number;
      readonly level: string;
      readonly message: string;
    }[];
  }): Promise<void>;
}

export type { JsonObject };
