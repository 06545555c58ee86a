import type { Outcome } from './inbound.js';
import type { UnreadyReason } from './commands.js';
import type { Changes } from './ports/index.js';

/** The shape of the usual metrics libraries' instruments, so that coordination depends on none of them. */
export interface Counter<L extends string = never> {
  inc(labels: Record<L, string>, value?: number): void;
}
export interface PlainCounter {
  inc(value?: number): void;
}
export interface DurationHistogram {
  /** Starts a clock; the returned function observes the seconds since then. */
  startTimer(): () => void;
}

/** What is read when the metrics are asked for, in milliseconds and pieces; null is not known yet. */
export interface GaugeSources {
  readonly outboxUnpublished?: () => Promise<number | null>;
  /** Inputs that wait for a transaction. */
  readonly inputsWaiting?: () => number;
  /** How long the oldest commit waits for Kafka to answer its messages. */
  readonly publishingBehindMs?: () => number;
  /** Why this coordinator is not ready; each reason once, none when it is. */
  readonly unready?: () => readonly UnreadyReason[];
  readonly watermarkAgeMs?: () => number | null;
}

/**
 * What the coordinator counts about itself. Labels are closed lists only: never a task, a run or a server, whose number
 * is the users'.
 */
export abstract class Metrics {
  /** One group commit, from loading to the answer of COMMIT. */
  abstract readonly commitDuration: DurationHistogram;
  /** Commits that were decided again, by the name of the store's error. */
  abstract readonly commitRetries: Counter<'reason'>;
  abstract readonly logLinesDropped: PlainCounter;
  /** Progress and log lines with a wrong lease of which the history says nothing, because it names enough others. */
  abstract readonly forgedLines: PlainCounter;
  /** What `GET /api/v1/failures` lists. */
  abstract readonly failures: Counter<'kind'>;
  /** Rows that were removed because they were old and needed by nobody, by their table. */
  abstract readonly retentionRemoved: Counter<'kind'>;
  /** Times that the watermark stood still for longer than it may. */
  abstract readonly stalls: PlainCounter;

  /**
   * Counts one committed batch: inputs by kind and outcome, history rows, invokes, timeouts, runs, dead letters.
   * `kinds` runs parallel to `outcomes`.
   */
  abstract countBatch(
    changes: Changes,
    outcomes: readonly (readonly Outcome[])[],
    kinds?: readonly (readonly string[])[],
  ): void;

  /** Tells where the gauges are read; what is not given again stays. */
  abstract observe(sources: GaugeSources): void;

  /** All values in the text format that Prometheus scrapes. */
  abstract expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}
