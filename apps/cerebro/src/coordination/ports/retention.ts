export const RETAINED = [
  'runs',
  'run_keys',
  'history_parts',
  'history_failures',
  'task_log',
  'task_progress',
  'schedule_firings',
  'dead_letters',
  'lost_instances',
  'instances',
  'outbox',
  'signals',
  'signal_rules',
  'rule_firings',
  'event_states',
  'cirrus_queue',
] as const;
/** What is kept for a while, by the names of its tables. */
export type Retained = (typeof RETAINED)[number];

export interface Removal {
  readonly olderThanMs: number;
  /** Rows of each kind at most, and runs that are looked at. */
  readonly limit: number;
  /** Where the last batch ended; null: from the oldest run. */
  readonly after: string | null;
}

export interface Removed {
  /** How many rows went. */
  readonly rows: Readonly<Partial<Record<Retained, number>>>;
  /** Where the next batch goes on; null when there is nothing left to look at. */
  readonly next: string | null;
}

/** Removes what is old and needed by nobody. */
export abstract class RetentionStore {
  /**
   * One batch, in one transaction. A run goes when it finished before that time, unless a younger idempotency key leads
   * to it, or its outputs are the latest of a task, or it is the newest run of one.
   * @returns null while another coordinator is at it
   * @throws StoreUnavailable nothing was removed; when it took too long, ask for less
   */
  abstract remove(removal: Removal): Promise<Removed | null>;

  /**
   * Makes room for what comes where rows of the outbox are gone.
   * @throws StoreUnavailable
   */
  abstract vacuumOutbox(): Promise<void>;
}
