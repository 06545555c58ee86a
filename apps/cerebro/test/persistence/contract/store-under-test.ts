import type { Store, TimerQueries } from '../../../src/coordination/ports/index.js';

/** One installation's store, and another coordinator's view of it. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly timers: TimerQueries;
  /** `seq` of the history rows of a run. */
  seqs(run: string): Promise<readonly number[]>;
  /** Another coordinator on the same tables. */
  another(): { readonly store: Store; readonly timers: TimerQueries };
  close(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;
