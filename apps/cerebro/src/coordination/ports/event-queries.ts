import type { JsonObject, RuleFiringState, SignalOutcome } from '@cordyna/protocol/model';
import type { CirrusQueue, QueueEntry } from './events.js';
import type { Page } from './queries.js';

/** Times RFC 3339 in UTC with milliseconds. */
export interface SignalView {
  /** In the ledger. */
  readonly signal: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  /** By the sender's clock. */
  readonly time: string;
  /** By the database's clock. */
  readonly receivedAt: string;
  readonly outcome: SignalOutcome;
  /** What became of it for each rule that it concerns. */
  readonly rules: readonly {
    readonly rule: string;
    readonly outcome: SignalOutcome;
    readonly reason: string | null;
    readonly firing: string | null;
    /** Of the firing. */
    readonly state: RuleFiringState | null;
    readonly run: string | null;
    readonly error: { readonly code: string; readonly message: string } | null;
  }[];
}

export interface RuleFiringView {
  readonly firing: string;
  readonly rule: string;
  readonly version: number;
  readonly at: string;
  readonly state: RuleFiringState;
  readonly attempt: number;
  readonly run: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly finishedAt: string | null;
  /** Of the signals that it used. */
  readonly events: readonly { readonly signal: string; readonly type: string }[];
}

export interface FuseView {
  readonly rule: string;
  readonly state: 'intact' | 'blown';
  /** In the minute that is counted. */
  readonly firings: number;
  readonly blown: { readonly at: string; readonly reason: string } | null;
  readonly reset: {
    readonly at: string;
    readonly author: string | null;
    readonly reason: string | null;
  } | null;
}

interface PageOf {
  readonly limit: number;
  readonly cursor?: string;
}

/** What the API reads of events and rules. Malformed cursors throw InvalidCursor. */
export abstract class EventQueries {
  /** Newest first. */
  abstract signals(
    filter: PageOf & { readonly type?: string; readonly outcome?: SignalOutcome },
  ): Promise<Page<SignalView>>;
  /** By its id in the ledger, or the newest with this CloudEvents id (of that source). */
  abstract signal(id: string, source?: string): Promise<(SignalView & { readonly data: JsonObject }) | null>;
  /** Newest first. */
  abstract ruleFirings(rule: string, page: PageOf): Promise<Page<RuleFiringView>>;
  /** Of a rule that never fired it is intact. */
  abstract fuse(rule: string): Promise<FuseView>;
  /** In order; of a longer log the newest entries. */
  abstract cirrusQueue(queue: CirrusQueue): Promise<readonly Omit<QueueEntry, 'queue'>[]>;
}
