import { v7 as uuidv7 } from 'uuid';
import type { Backlog, DatabaseClock, Door, Due, TimerQueries } from '../coordination/index.js';
import { Alarm } from './alarm.js';
import { Ticker } from './ticker.js';

const BATCH = 500;
/** What this coordinator's commits make due is known; this is for what others leave behind. */
const LOOK_MS = 500;

/** Proposes what is due of events and rules. Several coordinators may propose the same: one of them is applied. */
export class EventsTimer {
  private readonly ticker = new Ticker('Events', LOOK_MS, () => this.tick());
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
