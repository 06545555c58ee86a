import type { DatabaseClock, Due, Look } from '../coordination/index.js';
import { Alarm } from './alarm.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

/** Of what is due: what looks name, what commits announce, and how it is proposed. */
export interface ErrandSubject {
  /** For the log. */
  readonly name: string;
  readonly errand: 'retries' | 'events';
  /** Proposes what is due; true when there may be more of it. */
  propose(): Promise<boolean>;
}

/**
 * Proposes what is due of one subject: at its time what this coordinator's commits make due, and what a look finds that
 * others left behind. Several coordinators may propose the same: one of them is applied.
 */
export class ErrandTimer implements Watcher {
  private readonly ticker: Ticker;
  private readonly alarm: Alarm;

  constructor(
    private readonly subject: ErrandSubject,
    clock: Pick<DatabaseClock, 'now'>,
    due: Due,
  ) {
    this.ticker = new Ticker(subject.name, null, () => subject.propose());
    this.alarm = new Alarm(this.ticker, clock);
    due.listen(subject.errand, this.alarm.at);
  }

  start(): void {
    this.ticker.start();
  }

  async stop(): Promise<void> {
    await this.ticker.stop();
    this.alarm.stop();
  }

  seen({ errands }: Pick<Look, 'errands'>): void {
    if (errands.has(this.subject.errand)) this.ticker.wake();
  }
}
