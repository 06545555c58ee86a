import { performance } from 'node:perf_hooks';
import type {
  Door,
  Look,
  OutboundBus,
  SendOutcome,
  StoredOutboxMessage,
  TimerQueries,
} from '../coordination/index.js';
import { publishedOf, UnpublishedReport } from '../coordination/index.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const BATCH = 500;

/**
 * The only path for messages that are not known to be published: their coordinator died, or Kafka did not answer. It
 * takes rows over (new stamp, committed), reads their partition back, marks what is there and sends what is not, with a
 * newer stamp if nobody took it over meanwhile. The broker refuses any older copy that is still under way: its timestamp
 * is more than 5 s off.
 */
export class Sweeper implements Watcher {
  private readonly ticker: Ticker;
  private readonly unpublished = new UnpublishedReport('Sweeper', () => performance.now());

  constructor(
    private readonly queries: TimerQueries,
    private readonly bus: OutboundBus,
    private readonly door: Door,
    private readonly sweepAfterMs: number,
  ) {
    this.ticker = new Ticker('Sweeper', null, () => this.sweep());
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  seen({ errands }: Pick<Look, 'errands'>): void {
    if (errands.has('unsent')) this.ticker.wake();
  }

  private async sweep(): Promise<boolean> {
    const rows = await this.queries.claimUnpublished(this.sweepAfterMs, BATCH);
    if (rows.length === 0) return false;
    const { found, unread } = await this.bus.readBack(rows);
    const there = rows.filter(({ messageId }) => found.has(messageId));
    this.mark(there, there.map(written));
    const missing = rows.filter(({ messageId }) => !found.has(messageId) && !unread.has(messageId));
    // Reading back may have taken longer than the broker lets a stamp age.
    const toSend = await this.queries.renewUnpublished(missing);
    const outcomes = await this.bus.send(toSend);
    this.unpublished.tell(toSend, outcomes);
    this.mark(toSend, outcomes);
    // A row may hold several messages.
    return rows.length >= BATCH;
  }

  private mark(messages: readonly StoredOutboxMessage[], outcomes: readonly SendOutcome[]): void {
    this.door.markPublished(publishedOf(messages, outcomes));
  }
}

const written = ({ id }: StoredOutboxMessage): SendOutcome => ({ id, outcome: 'written' });
