import { v7 as uuidv7 } from 'uuid';
import type { Backlog, Door, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const BATCH = 500;

/** Proposes what is due of events and rules. Several coordinators may propose the same: one of them is applied. */
export class EventsTimer {
  private readonly ticker = new Ticker('Events', 100, () => this.tick());

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog?: Pick<Backlog, 'excess'>,
  ) {}

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
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
