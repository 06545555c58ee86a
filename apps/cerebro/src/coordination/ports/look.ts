import type { Snapshot } from './snapshot.js';

/** A schedule that is due so soon is an errand. */
export const SCHEDULES_SOON_MS = 1_500;

/** What timers may find to do. `schedules`: one is due soon, or waits for a run that has ended. */
export const ERRANDS = [
  'unsent',
  'retries',
  'waiting',
  'schedules',
  'events',
  'silent',
  'gone',
  'withdrawn',
] as const;
export type Errand = (typeof ERRANDS)[number];

export interface LookQuestion {
  /** Whose positions are wanted. */
  readonly topics: readonly string[];
  /** Messages with a stamp older than this are `unsent`. */
  readonly unsentForMs: number;
  /** Instances without a sign of life for so long are `silent`. */
  readonly silentForMs: number;
}

/** All that timers look for, at one moment. */
export interface Look {
  /** The database's clock, epoch ms: a time within the question, before anything that is asked after its answer. */
  readonly now: number;
  /** Of all that follows. */
  readonly snapshot: Snapshot;
  readonly positions: ReadonlyMap<string, bigint>;
  /** How many messages are not known to be published. */
  readonly unpublished: number;
  /** The earliest deadline of an attempt if it has passed or will within a second, epoch ms. */
  readonly deadlineAt: number | null;
  /** server → unfinished invocations (invoked, queued, started) */
  readonly unfinished: ReadonlyMap<string, number>;
  /** Instances that are online and said how much they take. */
  readonly online: readonly {
    readonly server: string;
    readonly capacity: number;
    readonly queueLimit: number | null;
  }[];
  /**
   * Of which subjects there may be something: `unsent` messages, due `retries`, runs `waiting` for places, due `events`;
   * instances that are `silent`, or `gone` with runs that know them; pending tasks of `withdrawn` servers. What is not
   * named here need not be asked for.
   */
  readonly errands: ReadonlySet<Errand>;
}

/** All subjects of the timers in one question. */
export abstract class LookQueries {
  abstract look(question: LookQuestion): Promise<Look>;
}
