import { performance } from 'node:perf_hooks';
import type { Published } from './needs.js';
import type { OutboundBus, SendOutcome, StoredOutboxMessage } from './ports/index.js';
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
  publish(messages: readonly StoredOutboxMessage[]): void {
    if (messages.length === 0) return;
    const id = this.nextId++;
    this.inFlight.set(id, this.nowMs());
    void this.send(messages).finally(() => {
      this.inFlight.delete(id);
      const waiting = this.waiting;
      this.waiting = [];
      for (const wake of waiting) wake();
    });
  }

  private async send(messages: readonly StoredOutboxMessage[]): Promise<void> {
    const outcomes = await this.bus.send(messages);
    if (outcomes.some(({ outcome }) => outcome === 'written')) this.failedAt = null;
    else if (outcomes.some(({ outcome }) => outcome === 'unknown')) this.failedAt = this.nowMs();
    this.unpublished.tell(messages, outcomes);
    this.onPublished(publishedOf(messages, outcomes));
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

/** The rows of which every message is written, each once. */
export function publishedOf(
  messages: readonly StoredOutboxMessage[],
  outcomes: readonly SendOutcome[],
): readonly Published[] {
  const open = new Set<string>();
  const answered = new Set<string>();
  for (const { id, outcome } of outcomes) {
    answered.add(id);
    if (outcome !== 'written') open.add(id);
  }
  const rows = new Map<string, Published>();
  for (const { id, invocation, run } of messages)
    if (answered.has(id) && !open.has(id)) rows.set(id, { outboxId: id, invocation, run });
  return [...rows.values()];
}
