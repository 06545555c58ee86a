import type { Backlog, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';

/** Counts once a second what waits for Kafka, whichever coordinator wrote it. */
export class BacklogTimer {
  private readonly ticker = new Ticker('Backlog', 1_000, async () =>
    this.backlog.learn(await this.queries.countUnpublished()),
  );

  constructor(
    private readonly queries: TimerQueries,
    private readonly backlog: Backlog,
  ) {}

  start(): void {
    this.ticker.start();
  }

  async stop(): Promise<void> {
    await this.ticker.stop();
    this.backlog.end();
  }
}
