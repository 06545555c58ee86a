import { performance } from 'node:perf_hooks';
import type { OutboundBus, OutboxRow } from './ports/index.js';
import { publishedOf, type Published } from './published.js';
import { UnpublishedReport } from './unpublished-report.js';

/** The door takes no input while commits older than this are unpublished. */
export const MAX_BEHIND_MS = 2_000;

/**
 * Publishes after the commit, straight from memory, each message once. What Kafka took is handed back to the door;
 * what it did not take, or may have taken, is left to the sweeper, which reads back first.
 */
export class Publisher {
  private readonly unpublished: UnpublishedReport;
  private readonly inFlight = new Map<number, number>();
  private nextId = 0;
  private failedAt: number | null = null;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly bus: OutboundBus,
    private readonly onPublished: (marks: readonly Published[]) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.unpublished = new UnpublishedReport('Publisher', nowMs);
  }

  /** Does not wait: the next batch is decided while this one is sent. */
  publish(rows: readonly OutboxRow[]): void {
    if (rows.length === 0) return;
    const id = this.nextId++;
    this.inFlight.set(id, this.nowMs());
    const stamps = [...new Set(rows.map(({ stamp }) => stamp))];
    const sent = stamps.map((given) =>
      this.send(
        rows.filter(({ stamp }) => stamp === given),
        given,
      ),
    );
    void Promise.all(sent).finally(() => {
      this.inFlight.delete(id);
      const waiting = this.waiting;
      this.waiting = [];
      for (const wake of waiting) wake();
    });
  }

  private async send(rows: readonly OutboxRow[], stamp: number): Promise<void> {
    const messages = rows.flatMap((row) => row.messages);
    const outcomes = await this.bus.send(messages, stamp);
    if (outcomes.some(({ outcome }) => outcome === 'written')) this.failedAt = null;
    else if (outcomes.some(({ outcome }) => outcome === 'unknown')) this.failedAt = this.nowMs();
    this.unpublished.tell(messages, outcomes);
    let at = 0;
    const isWritten = (): boolean => outcomes[at++]?.outcome === 'written';
    this.onPublished(rows.flatMap((row) => publishedOf(row, row.messages.filter(isWritten))));
  }

  /** Milliseconds since the oldest commit whose messages are not all answered. */
  behindMs(): number {
    const oldest = this.inFlight.values().next().value;
    return oldest === undefined ? 0 : this.nowMs() - oldest;
  }

  /** Milliseconds since Kafka took nothing of what it was sent; null when it has taken something since. */
  failedMs(): number | null {
    return this.failedAt === null ? null : this.nowMs() - this.failedAt;
  }

  /** Resolves when publishing is less than 2 s behind. */
  async notBehind(): Promise<void> {
    while (this.behindMs() > MAX_BEHIND_MS) await new Promise<void>((wake) => this.waiting.push(wake));
  }

  /** Resolves when nothing is in flight. */
  async drained(): Promise<void> {
    while (this.inFlight.size > 0) await new Promise<void>((wake) => this.waiting.push(wake));
  }
}
