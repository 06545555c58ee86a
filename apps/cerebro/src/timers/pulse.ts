import { performance } from 'node:perf_hooks';
import type { DatabaseClock, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';

/** Asks the database for the time once a second: keeps the clock's estimate good, and knows when it answered last. */
export class Pulse {
  private readonly ticker = new Ticker('Pulse', 1_000, () => this.beat());
  private lastAnswer: number | null = null;

  constructor(
    private readonly queries: TimerQueries,
    private readonly clock: DatabaseClock,
  ) {}

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** Milliseconds since the database answered; null when it never did. */
  silentMs(): number | null {
    return this.lastAnswer === null ? null : performance.now() - this.lastAnswer;
  }

  private async beat(): Promise<void> {
    const asked = this.clock.mark();
    this.clock.sample(await this.queries.now(), asked);
    this.lastAnswer = performance.now();
  }
}
