import type { InstanceRow } from './ports/index.js';

/** Unfinished invocations that a server may have when none of its instances sends heartbeats. */
export const CAPACITY_WITHOUT_HEARTBEATS = 1_000;

/**
 * Flow control, approximate on purpose: per server the sum of `capacity` + `queueLimit` of its instances that are
 * online, less the unfinished invocations. Counted from the database twice a second by a timer; between two counts this
 * coordinator adds what it decided itself.
 */
export class Capacity {
  private limits = new Map<string, number>();
  private unfinished = new Map<string, number>();
  private changes = new Map<string, number>();
  private readonly freed = new Set<string>();

  /** How many more invocations the server takes now. */
  free(server: string): number {
    const limit = this.limits.get(server) ?? CAPACITY_WITHOUT_HEARTBEATS;
    return Math.max(0, limit - (this.unfinished.get(server) ?? 0) - (this.changes.get(server) ?? 0));
  }

  /** Counts what a committed batch invoked (positive) or ended (negative). */
  add(changes: ReadonlyMap<string, number>): void {
    for (const [server, change] of changes) {
      this.changes.set(server, (this.changes.get(server) ?? 0) + change);
      if (change < 0) this.freed.add(server);
    }
  }

  /** Starts a count: what is decided from here on comes on top of it. */
  beginCount(): () => void {
    const before = this.changes;
    this.changes = new Map();
    const added = this.changes;
    return () => {
      // The count failed: what it would have replaced still holds.
      for (const [server, change] of before) added.set(server, (added.get(server) ?? 0) + change);
    };
  }

  endCount(unfinished: ReadonlyMap<string, number>, instances: readonly InstanceRow[]): void {
    this.unfinished = new Map(unfinished);
    this.limits = limitsOf(instances);
  }

  /** Servers on which something ended since this was last asked. */
  takeFreed(): readonly string[] {
    const freed = [...this.freed];
    this.freed.clear();
    return freed;
  }
}

/** A server whose instances are all gone counts as one without heartbeats: its invokes then end in `ack_timeout`. */
function limitsOf(instances: readonly InstanceRow[]): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { server, state, capacity, queueLimit } of instances) {
    if (state !== 'online' || capacity === null) continue;
    limits.set(server, (limits.get(server) ?? 0) + capacity + (queueLimit ?? 10 * capacity));
  }
  return limits;
}
