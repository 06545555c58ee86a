import type { InstanceState } from '@cordyna/protocol/model';
import type { Store, TimerQueries } from '../../../src/coordination/ports/index.js';

/** An instance as it is stored; times are epoch ms on the database's clock. */
export interface StoredInstance {
  readonly server: string;
  readonly instance: string;
  readonly state: InstanceState;
  readonly lastSeen: number;
  /** How far the instance's clock is ahead of the database's when its last sign of life was taken in. */
  readonly clockSkewMs: number | null;
  readonly capacity: number | null;
  readonly queueLimit: number | null;
  readonly queued: number | null;
  readonly started: number | null;
}

/** One installation's store, and another coordinator's view of it. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly timers: TimerQueries;
  /** The database's clock, epoch ms. */
  now(): Promise<number>;
  instances(): Promise<readonly StoredInstance[]>;
  /** `seq` of the history rows of a run. */
  seqs(run: string): Promise<readonly number[]>;
  /** Another coordinator on the same tables. */
  another(): { readonly store: Store; readonly timers: TimerQueries };
  close(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;
