import { Logger } from '@nestjs/common';
import type { OutboxMessage, SendOutcome } from './ports/index.js';

/** An outage of the broker is told again this often, not once per message. */
const TELL_EVERY_MS = 10_000;

interface Told {
  readonly atMs: number;
  /** Messages since then that were not mentioned. */
  since: number;
}

/** Tells which topics' messages Kafka did not take, and why: each pair at once, and then at most every 10 s. */
export class UnpublishedReport {
  private readonly told = new Map<string, Told>();

  constructor(
    owner: string,
    private readonly nowMs: () => number,
    private readonly warn: (text: string) => void = (text) => new Logger(owner).warn(text),
  ) {}

  /** @param outcomes in the order of the messages */
  tell(messages: readonly Pick<OutboxMessage, 'topic'>[], outcomes: readonly SendOutcome[]): void {
    if (outcomes.every(({ outcome }) => outcome === 'written')) return;
    const counts = new Map<string, { what: string; reason: string; count: number }>();
    for (const [at, { outcome, reason = '' }] of outcomes.entries()) {
      if (outcome === 'written') continue;
      const what = `${messages[at]?.topic}: ${outcome}`;
      // Messages of errors may hold addresses and times; the code does not.
      const key = `${what} ${reason.split(':')[0]}`;
      const entry = counts.get(key) ?? { what, reason, count: 0 };
      entry.count += 1;
      counts.set(key, entry);
    }
    for (const [key, entry] of counts) this.tellOne(key, entry);
  }

  private tellOne(key: string, entry: { what: string; reason: string; count: number }): void {
    const { what, reason, count } = entry;
    const before = this.told.get(key);
    const atMs = this.nowMs();
    if (before !== undefined && atMs - before.atMs < TELL_EVERY_MS) {
      before.since += count;
      return;
    }
    const earlier = before && before.since > 0 ? `, and ${before.since} since the last time` : '';
    this.warn(
      `${count} messages to ${what}, not published (${reason})${earlier}; the sweeper will see to them`,
    );
    this.told.set(key, { atMs, since: 0 });
  }
}
