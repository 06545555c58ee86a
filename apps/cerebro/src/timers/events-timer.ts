import { v7 as uuidv7 } from 'uuid';
import type { Backlog, DatabaseClock, Door, Due, Look, TimerQueries } from '../coordination/index.js';
import { Alarm } from './alarm.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const BATCH = 500;

/**
 * Proposes what is due of events and rules: at once what this coordinator's commits make due, and what a look finds that
 * others left behind. Several coordinators may propose the same: one of them is applied.
 */
export class EventsTimer implements Watcher {
  private readonly ticker = new Ticker('Events', null, () => this.tick());
  private readonly alarm: Alarm;

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    clock: Pick<DatabaseClock, 'now'>,
    due: Due,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog?: Pick<Backlog, 'excess'>,
  ) {
    this.alarm = new Alarm(this.ticker, clock);
    due.listen('events', this.alarm.at);
  }

  start(): void {
    this.ticker.start();
  }

  async stop(): Promise<void> {
    await this.ticker.stop();
    this.alarm.stop();
  }

  seen({ errands }: Pick<Look, 'errands'>): void {
    if (errands.has('events')) this.ticker.wake();
  }

  /** True when something was done, which may have made more of it due. */
  private async tick(): Promise<boolean> {
    const found = await this.queries.dueEvents(BATCH);
    // Activities begin once there is room.
    const isFull = this.backlog !== undefined && this.backlog.excess !== null;
    const due = isFull ? found.filter(({ what }) => what === 'waiting') : found;
    const outcomes = await Promise.all(
      due.map((one) => this.door.submit({ kind: 'event-due', ...one, newRun: this.newRunId() })),
    );
    return outcomes.some(({ kind }) => kind === 'done');
  }
}
