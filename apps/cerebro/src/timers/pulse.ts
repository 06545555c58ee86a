import { performance } from 'node:perf_hooks';
import type { DatabaseClock, Look } from '../coordination/index.js';
import type { Watcher } from './lookout.js';

/** Takes the database's time from each look: keeps the clock's estimate good, and knows when it answered last. */
export class Pulse implements Watcher {
  private askedAt = 0;
  private lastAnswer: number | null = null;
  private isStarted = false;

  constructor(private readonly clock: Pick<DatabaseClock, 'mark' | 'sample'>) {}

  start(): void {
    this.isStarted = true;
  }

  begin(): void {
    this.askedAt = this.clock.mark();
  }

  seen({ now }: Pick<Look, 'now'>): void {
    this.clock.sample(now, this.askedAt);
    if (this.isStarted) this.lastAnswer = performance.now();
  }

  /** Milliseconds since the database answered; null when it never did. */
  silentMs(): number | null {
    return this.lastAnswer === null ? null : performance.now() - this.lastAnswer;
  }
}
