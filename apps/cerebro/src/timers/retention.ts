import type { Metrics, Retained, RetentionStore } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const EVERY_MS = 60_000;
const MIN_ROWS = 20;
const MAX_ROWS = 5_000;
/** A batch that took longer is followed by a smaller one: the door's statements wait for the same disk. */
const SLOW_MS = 500;

/**
 * Removes, once a minute, what is older than it has to be kept, batch by batch until all of it was looked at. All
 * coordinators try; those that come while one is at it leave it alone.
 */
export class Retention {
  private readonly ticker = new Ticker('Retention', EVERY_MS, () => this.tick());
  private limit = 500;
  private after: string | null = null;

  constructor(
    private readonly store: RetentionStore,
    private readonly metrics: Pick<Metrics, 'retentionRemoved'>,
    private readonly olderThanMs: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** One batch; true when there is more to look at. */
  async tick(): Promise<boolean> {
    const { olderThanMs, limit, after } = this;
    const begun = this.nowMs();
    const removed = await this.store.remove({ olderThanMs, limit, after }).catch((error: unknown) => {
      // Rows may be large: what timed out is tried again with fewer of them.
      this.limit = Math.max(MIN_ROWS, Math.floor(limit / 4));
      throw error;
    });
    if (removed === null) return false;
    for (const [kind, rows] of Object.entries(removed.rows) as [Retained, number][])
      if (rows > 0) this.metrics.retentionRemoved.inc({ kind }, rows);
    this.adapt(this.nowMs() - begun);
    this.after = removed.next;
    return removed.next !== null;
  }

  private adapt(tookMs: number): void {
    const { limit } = this;
    const next = tookMs > SLOW_MS ? Math.floor(limit / 2) : limit * 2;
    this.limit = Math.min(MAX_ROWS, Math.max(MIN_ROWS, next));
  }
}
