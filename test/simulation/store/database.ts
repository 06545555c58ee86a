import type { DeclaredServer, Definition, Holders, HistoryRow, Run, RunSeed, TaskRun } from '@cordyna/engine';
import type { InstanceState } from '@cordyna/protocol/model';
import type {
  DeadLetterRow,
  Firing,
  Schedule,
  StoredKey,
  OutboxRow,
  Ticket,
} from '../../../apps/cerebro/src/coordination/ports/index.js';

import { EventTables } from './events.js';
import type { PeerRow } from './memory-peers.js';

/** With the number of the commit that wrote it: clocks of coordinators do not tell which decision took effect first. */
export type RecordedRow = HistoryRow & { readonly commit: number };

export interface RunRow {
  version: number;
  readonly seed: RunSeed;
  readonly contentHash: string;
  state: Run['state'];
  readonly createdAt: number;
  finishedAt: number | null;
  nextSeq: number;
  retried: boolean;
  readonly tasks: TaskRun[];
  readonly history: RecordedRow[];
}

export interface FreshnessRow {
  version: number;
  consumed: { readonly [dependency: string]: string };
  latest: { readonly run: string; readonly index: number | null; readonly list: boolean } | null;
  holders?: Holders;
}

export interface Instance {
  readonly server: string;
  readonly instance: string;
  state: InstanceState;
  stateSince: number;
  heartbeats: boolean;
  lastSeen: number;
  clockSkewMs: number | null;
  capacity: number | null;
  queueLimit: number | null;
  queued: number | null;
  started: number | null;
}

/** An instance that was found lost, for the checker. */
export interface LostInstance {
  readonly server: string;
  readonly instance: string;
  readonly silentBefore: number;
  readonly at: number;
}

/** The tables of one installation, in memory. */
export class Database {
  readonly runs = new Map<string, RunRow>();
  /** Those of them that a timer may have something to do with: an index, as PostgreSQL has. */
  readonly busy = new Map<string, RunRow>();
  readonly keys = new Map<string, StoredKey>();
  readonly freshness = new Map<string, FreshnessRow>();
  readonly schedules = new Map<string, { version: number; value: Schedule }>();
  readonly firings = new Map<string, Firing>();
  readonly events = new EventTables();
  readonly positions = new Map<string, bigint>();
  readonly registry = {
    version: 0,
    servers: new Map<string, { server: DeclaredServer; withdrawn: boolean }>(),
    definitions: new Map<string, Definition>(),
  };
  readonly instances = new Map<string, Instance>();
  /** With what is still owed; `written` counts what was. */
  readonly outbox = new Map<string, OutboxRow & { readonly written: number }>();
  readonly peers = new Map<string, PeerRow>();
  readonly deadLetters: DeadLetterRow[] = [];
  readonly lost: LostInstance[] = [];
  /** Commits that took effect and had a ticket. */
  readonly carriedOut = new WeakSet<Ticket>();
  commits = 0;
  /** Of each commit: server → invocations begun less ended. */
  readonly loads: ReadonlyMap<string, number>[] = [];
  private lastOutboxId = 0;

  /** @param clock epoch ms */
  constructor(
    readonly clock: () => number,
    readonly isChecking = true,
  ) {}

  nextOutboxId(): string {
    this.lastOutboxId += 1;
    return String(this.lastOutboxId);
  }
}

export const firingKey = (schedule: string, scheduledFor: number): string => `${schedule}\n${scheduledFor}`;
export const instanceKey = (server: string, instance: string): string => `${server}\n${instance}`;
