import type { Heartbeat } from '@cordyna/protocol/model';

export type HeartbeatState = Heartbeat['state'];

const EVERY_MS = 3_000;
/** Counts change with every task; more often than this nobody looks. */
const COUNTS_EVERY_MS = 1_000;

/**
 * Says every 3 s, at each change of state, and soon after a change of the counts how the instance is. At most one
 * heartbeat waits for the broker: after an outage Cerebro hears how it is now.
 */
export class Heartbeats {
  private timer: NodeJS.Timeout | undefined;
  private flight: Promise<void> | undefined;
  private state: HeartbeatState = 'online';
  private changedSince = false;
  private lastAtMs = -Infinity;

  /** @param send resolves when Kafka acknowledged a heartbeat with this state and the counts of now */
  constructor(private readonly send: (state: HeartbeatState) => Promise<void>) {}

  start(): void {
    this.beat();
  }

  /** Counts changed. */
  changed(): void {
    if (this.changedSince || this.timer === undefined) return;
    this.changedSince = true;
    this.schedule(Math.max(0, this.lastAtMs + COUNTS_EVERY_MS - performance.now()));
  }

  /** Resolves when Kafka has a heartbeat with this state; rejects when it never will. */
  async say(state: HeartbeatState): Promise<void> {
    this.state = state;
    await this.flight;
    await this.send(state);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private beat(): void {
    this.lastAtMs = performance.now();
    this.changedSince = false;
    this.schedule(EVERY_MS);
    if (this.flight) return;
    // A heartbeat that cannot be sent any more matters to nobody.
    const done = (): void => void (this.flight = undefined);
    this.flight = this.send(this.state).then(done, done);
  }

  private schedule(inMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.beat(), inMs);
  }
}
