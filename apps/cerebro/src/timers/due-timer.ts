import { v7 as uuidv7 } from 'uuid';
import type { Backlog, DatabaseClock, Door, Due, Look, TimerQueries } from '../coordination/index.js';
import { Alarm } from './alarm.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const BATCH = 500;
/** What this coordinator's commits make due is known; this is for what others leave behind. */
const LOOK_MS = 500;
/** More than the time between two looks: what falls due in between is known before. */
const AHEAD_MS = 650;
/** A look fires what is due within this; for what is later there is another one. */
const WAIT_MS = 100;
const SCHEDULES = 2_000;

/** Proposes retries and schedules that are due. Several coordinators may propose the same: one of them is applied. */
export class DueTimer implements Watcher {
  private readonly retries = new Ticker('Retries', null, () => this.retry());
  private readonly schedules = new Ticker('Schedules', LOOK_MS, () => this.fire());
  private readonly retryAlarm: Alarm;
  private readonly scheduleAlarm: Alarm;

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly clock: Pick<DatabaseClock, 'now'>,
    due: Due,
    private readonly source: string,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog?: Pick<Backlog, 'excess'>,
  ) {
    this.retryAlarm = new Alarm(this.retries, clock);
    this.scheduleAlarm = new Alarm(this.schedules, clock, WAIT_MS);
    due.listen('retries', this.retryAlarm.at);
    due.listen('schedules', this.scheduleAlarm.at);
  }

  start(): void {
    this.retries.start();
    this.schedules.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.retries.stop(), this.schedules.stop()]);
    this.retryAlarm.stop();
    this.scheduleAlarm.stop();
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

  /** What falls due before the next look is fired at its time, all that is due at once in one transaction. */
  private async fire(): Promise<boolean> {
    // Due times stay due, and are settled like those of any outage once there is room.
    if (this.backlog && this.backlog.excess !== null) return false;
    const due = await this.queries.dueSchedules(AHEAD_MS, SCHEDULES);
    const until = this.clock.now() + WAIT_MS;
    const soon = due.filter(({ dueAt }) => dueAt <= until);
    for (const { dueAt } of due.slice(soon.length)) this.scheduleAlarm.at(dueAt);
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
