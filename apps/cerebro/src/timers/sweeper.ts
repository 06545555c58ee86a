import { performance } from 'node:perf_hooks';
import type {
  Door,
  Look,
  OutboundBus,
  OutboxMessage,
  OutboxRow,
  TimerQueries,
} from '../coordination/index.js';
import { publishedOf, restOf, UnpublishedReport } from '../coordination/index.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const BATCH = 500;

/**
 * The only path for messages that are not known to be published: their coordinator died, or Kafka did not answer. It
 * takes rows over (new stamp, committed), reads the partitions back, and sends what is not there, with a newer stamp if
 * nobody took the row over meanwhile, and of invokes those whose attempt is still to begin. What is there, is sent or is
 * not to be sent any more, the row owes no longer. The broker refuses any older copy that is still under way: its
 * timestamp is more than 5 s off.
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
    const missing = rows
      .map((row) => restOf(row, ({ messageId: id }) => !found.has(id) && !unread.has(id)))
      .filter(({ messages }) => messages.length > 0);
    // Reading back may have taken longer than the broker lets a stamp age.
    const renewed = await this.queries.renewUnpublished(missing);
    const written = await this.send(renewed);
    const mayGo = new Map(renewed.map(({ id, messages }) => [id, new Set(messages)]));
    const asked = new Map(missing.map(({ id, messages }) => [id, messages]));
    for (const row of rows) {
      const present = mayGo.get(row.id);
      const obsolete = present ? (asked.get(row.id) ?? []).filter((message) => !present.has(message)) : [];
      const there = row.messages.filter((message) => found.has(message.messageId) || written.has(message));
      this.door.markPublished(publishedOf(row, there, obsolete));
    }
    return rows.reduce((sum, { messages }) => sum + messages.length, 0) >= BATCH;
  }

  /** @returns what is known to be in Kafka now */
  private async send(rows: readonly OutboxRow[]): Promise<ReadonlySet<OutboxMessage>> {
    const messages = rows.flatMap((row) => row.messages);
    const [first] = rows;
    if (!first || messages.length === 0) return new Set();
    const outcomes = await this.bus.send(messages, first.stamp);
    this.unpublished.tell(messages, outcomes);
    return new Set(messages.filter((_, at) => outcomes[at]?.outcome === 'written'));
  }
}
