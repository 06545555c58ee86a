import { v7 as uuidv7 } from 'uuid';
import type { Backlog, DatabaseClock, Door, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const BATCH = 500;
const LOOK_MS = 100;
/** More than the time between two looks: what falls due in between is known before. */
const AHEAD_MS = 250;
const SCHEDULES = 2_000;

/** Proposes retries and schedules that are due. Several coordinators may propose the same: one of them is applied. */
export class DueTimer {
  private readonly tickers: readonly Ticker[];

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly clock: Pick<DatabaseClock, 'now'>,
    private readonly source: string,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog?: Pick<Backlog, 'excess'>,
  ) {
    this.tickers = [
      new Ticker('Retries', 100, () => this.retry()),
      new Ticker('Schedules', LOOK_MS, () => this.fire()),
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

  /** What falls due before the next look is fired at its time, all that is due at once in one transaction. */
  private async fire(): Promise<boolean> {
    // Due times stay due, and are settled like those of any outage once there is room.
    if (this.backlog && this.backlog.excess !== null) return false;
    const due = await this.queries.dueSchedules(AHEAD_MS, SCHEDULES);
    const until = this.clock.now() + LOOK_MS;
    const soon = due.filter(({ dueAt }) => dueAt <= until);
    for (let first = 0, end = 0; first < soon.length; first = end) {
      const waitMs = (soon[first]?.dueAt ?? 0) - this.clock.now();
      if (waitMs > 0) await delay(waitMs);
      const now = this.clock.now();
      while (end < soon.length && (soon[end]?.dueAt ?? 0) <= now) end += 1;
      const firing = soon.slice(first, end);
      await Promise.all(
        firing.map(({ schedule }) => this.door.submit({ kind: 'fire', schedule, newRun: this.newRunId() })),
      );
    }
    return soon.length > 0;
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
