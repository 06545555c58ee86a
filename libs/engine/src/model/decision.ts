import type { CancelCommand, InvokeCommand, JsonObject, Timeouts } from '@cordyna/protocol/model';
import type { LatestOutput } from './world.js';
import type { Run } from './run.js';

/** One row of a run's history. Folding the applied rows over the seed gives the run (`replay`). */
export interface HistoryRow {
  readonly seq: number;
  /** Epoch ms by the sender's clock. */
  readonly at: number;
  readonly source: string;
  readonly type: string;
  readonly task: string | null;
  /** Index of the element of a `forEach`. */
  readonly item: number | null;
  readonly attempt: number | null;
  readonly applied: boolean;
  /** Why it was refused, or why it was decided. */
  readonly reason: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly data: JsonObject;
}

export type Command =
  /** Publish an invoke; the shell adds `expiresAt` and `lease`. */
  | {
      readonly kind: 'invoke';
      readonly server: string;
      readonly data: Omit<InvokeCommand, 'expiresAt' | 'lease'> & { readonly timeouts: Timeouts };
    }
  /** Publish a cancel, on the partition of the invoke. */
  | { readonly kind: 'cancel'; readonly server: string; readonly data: CancelCommand }
  /** The attempt ended: its invoke must not be published if it was not yet. */
  | { readonly kind: 'attempt-ended'; readonly invocation: string };

/** What anybody may watch on `events`; the shell adds a stable id (`<run>/<seq>` of its history row). */
export interface Fact {
  readonly seq: number;
  readonly type: string;
  readonly subject: string;
  readonly data: JsonObject;
}

/** A change of a freshness aggregate; fields that are absent stay. */
export interface FreshnessWrite {
  readonly task: string;
  /** Merged: places that attempts take, and null for each attempt that has ended. */
  readonly holders?: { readonly [invocation: string]: readonly string[] | null };
  /** Merged into what it consumed before. */
  readonly consumed?: { readonly [dependency: string]: string };
  readonly latest?: LatestOutput;
}

/** What `create` and `step` return. Effects are data; the shell performs them after the commit. */
export interface Decision {
  readonly run: Run;
  /** Indexes of the task runs whose stored fields changed, each once. */
  readonly touched: readonly number[];
  readonly rows: readonly HistoryRow[];
  readonly commands: readonly Command[];
  readonly facts: readonly Fact[];
  readonly freshness: readonly FreshnessWrite[];
  /** Freshness aggregates that the decision looked at: their versions are checked in the transaction. */
  readonly read: readonly string[];
  /** Why the input was refused; null when it was applied. */
  readonly refused: string | null;
  /** It has begun as many as `World.portion` says: the input `retry-due` goes on with what is left. */
  readonly isCutShort: boolean;
}
