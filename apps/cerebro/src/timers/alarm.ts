import type { DatabaseClock } from '../coordination/index.js';
import type { Ticker } from './ticker.js';

/** However much falls due, a ticker is not woken more often than this by it. */
const MIN_MS = 20;
/** The clock's estimate is early by less than this, and so are Node's timers. */
const EARLY_MS = 5;
const MAX_MS = 3_600_000;
/** What is told beyond that, a ticker finds by itself. */
const KEPT = 1_000;

/** Wakes a ticker at each of the times that it is told of. */
export class Alarm {
  private timer: NodeJS.Timeout | null = null;
  private armedFor = Number.POSITIVE_INFINITY;
  private readonly times = new Set<number>();
  private stopped = false;

  constructor(
    private readonly ticker: Pick<Ticker, 'wake'>,
    private readonly clock: Pick<DatabaseClock, 'now'>,
    /** It is woken so much earlier. */
    private readonly aheadMs = 0,
  ) {}

  /** @param at epoch ms on the database's clock */
  readonly at = (at: number): void => {
    if (this.stopped || this.times.size >= KEPT) return;
    this.times.add(Math.ceil(at / MIN_MS) * MIN_MS);
    if (at < this.armedFor) this.arm();
  };

  /** For good. */
  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.armedFor = Number.POSITIVE_INFINITY;
    this.times.clear();
  }

  private arm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.armedFor = [...this.times].reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
    if (this.times.size === 0) return;
    const waitMs = this.armedFor - this.aheadMs + EARLY_MS - this.clock.now();
    this.timer = setTimeout(() => this.ring(), Math.min(Math.max(waitMs, MIN_MS), MAX_MS));
  }

  private ring(): void {
    const now = this.clock.now() + this.aheadMs;
    for (const time of this.times) if (time <= now) this.times.delete(time);
    this.ticker.wake();
    this.arm();
  }
}
