import { performance } from 'node:perf_hooks';
import { StoreUnavailable } from './ports/index.js';

const WINDOW = 32;

/**
 * The database's clock as seen from here, never behind it: a sample is the database's time with the monotonic time
 * from before it was asked, so the estimate is late by at most the shortest round trip of the last 32 samples. Late is
 * the safe side: a deadline computed from it is never early.
 */
export class DatabaseClock {
  private readonly offsets: number[] = [];
  private offset = Number.POSITIVE_INFINITY;

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  /** Monotonic time to hand to `sample`, taken before the database is asked. */
  mark(): number {
    return this.monotonicMs();
  }

  /** @param databaseMs epoch ms that the database answered; @param askedAt what `mark` gave before asking */
  sample(databaseMs: number, askedAt: number): void {
    this.offsets.push(databaseMs - askedAt);
    if (this.offsets.length > WINDOW) this.offsets.shift();
    this.offset = Math.min(...this.offsets);
  }

  /** Epoch ms. @throws StoreUnavailable before the first sample: whoever asks while a coordinator starts may ask again */
  now(): number {
    if (this.offset === Number.POSITIVE_INFINITY)
      throw new StoreUnavailable('the database clock was never sampled');
    return Math.ceil(this.monotonicMs() + this.offset);
  }
}
