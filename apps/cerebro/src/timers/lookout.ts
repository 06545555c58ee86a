import type { DatabaseClock, Look, LookQueries, LookQuestion } from '../coordination/index.js';
import { Alarm } from './alarm.js';
import { Ticker } from './ticker.js';

const LOOK_MS = 500;

/** Is told of each look. */
export interface Watcher {
  /** The question is about to be asked. */
  begin?(): void;
  seen(look: Look): void | Promise<void>;
  /** It was not answered. */
  failed?(): void;
}

/**
 * Asks the database twice a second, in one question, for all that there may be to do, and tells those who do it: each of
 * them asks for more only if there is something for it.
 */
export class Lookout {
  private readonly ticker = new Ticker('Lookout', LOOK_MS, () => this.look());
  private readonly alarm: Alarm;
  private readonly watchers: Watcher[] = [];

  constructor(
    private readonly queries: LookQueries,
    clock: Pick<DatabaseClock, 'now'>,
    private readonly question: LookQuestion,
  ) {
    this.alarm = new Alarm(this.ticker, clock);
  }

  tell(watcher: Watcher): void {
    this.watchers.push(watcher);
  }

  start(): void {
    this.ticker.start();
  }

  async stop(): Promise<void> {
    await this.ticker.stop();
    this.alarm.stop();
  }

  /** Looks at once. */
  wake(): void {
    this.ticker.wake();
  }

  /** Looks at that time (epoch ms on the database's clock), too. */
  wakeAt(time: number): void {
    this.alarm.at(time);
  }

  /** One look: to be awaited once before anything is decided, which needs to know what servers hold and who waits. */
  async look(): Promise<void> {
    for (const watcher of this.watchers) watcher.begin?.();
    const look = await this.queries.look(this.question).catch((error: unknown) => {
      for (const watcher of this.watchers) watcher.failed?.();
      throw error;
    });
    await Promise.all(this.watchers.map((watcher) => watcher.seen(look)));
  }
}
