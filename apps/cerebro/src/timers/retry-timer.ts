import type { DatabaseClock, Door, Due, Look, TimerQueries } from '../coordination/index.js';
import { Alarm } from './alarm.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const BATCH = 500;

/**
 * Proposes retries that are due: those of this coordinator's commits at their times, and what a look finds that others left
 * behind. Several coordinators may propose the same: one of them is applied.
 */
export class RetryTimer implements Watcher {
  private readonly retries = new Ticker('Retries', null, () => this.retry());
  private readonly alarm: Alarm;

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    clock: Pick<DatabaseClock, 'now'>,
    due: Due,
    private readonly source: string,
  ) {
    this.alarm = new Alarm(this.retries, clock);
    due.listen('retries', this.alarm.at);
  }

  start(): void {
    this.retries.start();
  }

  async stop(): Promise<void> {
    await this.retries.stop();
    this.alarm.stop();
  }

  seen({ errands }: Pick<Look, 'errands'>): void {
    if (errands.has('retries')) this.retries.wake();
  }

  private async retry(): Promise<boolean> {
    const runs = await this.queries.runsWithDueRetries(BATCH);
    const input = { kind: 'retry-due' } as const;
    await Promise.all(
      runs.map((run) => this.door.submit({ kind: 'run-input', run, source: this.source, input })),
    );
    return runs.length === BATCH;
  }
}
