import { v7 as uuidv7 } from 'uuid';
import type { Door, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const BATCH = 500;

/** Proposes retries and schedules that are due. Several coordinators may propose the same: one of them is applied. */
export class DueTimer {
  private readonly tickers: readonly Ticker[];

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly source: string,
    private readonly newRunId: () => string = uuidv7,
  ) {
    this.tickers = [
      new Ticker('Retries', 100, () => this.retry()),
      new Ticker('Schedules', 100, () => this.fire()),
    ];
  }

  start(): void {
    for (const ticker of this.tickers) ticker.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
  }

  private async retry(): Promise<boolean> {
    const runs = await this.queries.runsWithDueRetries(BATCH);
    const input = { kind: 'retry-due' } as const;
    await Promise.all(
      runs.map((run) => this.door.submit({ kind: 'run-input', run, source: this.source, input })),
    );
    return runs.length === BATCH;
  }

  private async fire(): Promise<boolean> {
    const schedules = await this.queries.dueSchedules(BATCH);
    await Promise.all(
      schedules.map((schedule) => this.door.submit({ kind: 'fire', schedule, newRun: this.newRunId() })),
    );
    return schedules.length === BATCH;
  }
}
