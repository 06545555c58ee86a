import type { Changes, CommitListener, RetentionStore } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const EVERY_MS = 5_000;
/** Rows that are gone; fewer leave a few pages. */
const WORTH = 100;

/**
 * Every message is in the outbox for a moment. What is gone leaves room for what comes, in pages that PostgreSQL still
 * has in memory: left to autovacuum, which comes once a minute, it is hundreds of megabytes of another table under load,
 * and cleaning them up takes a processor and the log from everybody for many seconds.
 */
export class OutboxVacuum implements CommitListener {
  private readonly ticker = new Ticker('OutboxVacuum', EVERY_MS, () => this.tick());
  private gone = 0;

  constructor(private readonly store: Pick<RetentionStore, 'vacuumOutbox'>) {}

  committed({ published }: Pick<Changes, 'published'>): void {
    this.gone += published.length;
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  async tick(): Promise<void> {
    if (this.gone < WORTH) return;
    this.gone = 0;
    await this.store.vacuumOutbox();
  }
}
