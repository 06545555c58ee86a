import { isPlace, isPlaceOf, type RunAge } from '@cordyna/engine';
import type { Look } from './ports/index.js';
import { isOlder, WaitingLines, type WaitChanges, type WaitingRun } from './waiting-lines.js';

/** Unfinished invocations that a server may have when none of its instances sends heartbeats. */
export const CAPACITY_WITHOUT_HEARTBEATS = 1_000;
/** Runs that are offered places once some were given back: as many as a batch may have ended. */
const FREED = 10;
/** Runs that are offered places at once. */
const MAX_OFFERS = 500;

/**
 * Flow control, approximate on purpose: per server the sum of `capacity` + `queueLimit` of its instances that are
 * online, less the unfinished invocations; places go to the oldest run that waits. Counted from the database at each look
 * of the timers; between two counts this coordinator adds what it decided itself.
 */
export class Capacity {
  private limits = new Map<string, number>();
  private unfinished = new Map<string, number>();
  private changes = new Map<string, number>();
  private readonly lines = new WaitingLines();
  /** Lines of places under a limit → runs that may be offered one: a guess, the decision knows. */
  private places = new Map<string, number>();
  private onWaiting: () => void = () => undefined;

  /** @param onWaiting is told when somebody waits after nobody did */
  listen(onWaiting: () => void): void {
    this.onWaiting = onWaiting;
  }

  get isAnyoneWaiting(): boolean {
    return !this.lines.isEmpty;
  }

  /** How many more invocations the server takes now. */
  free(server: string): number {
    const limit = this.limits.get(server) ?? CAPACITY_WITHOUT_HEARTBEATS;
    return Math.max(0, limit - (this.unfinished.get(server) ?? 0) - (this.changes.get(server) ?? 0));
  }

  /** How many the server takes now from this run: none while an older one waits. `batch` is what is not committed yet. */
  freeFor(asking: RunAge, server: string, batch: BatchLoad): number {
    if (this.lines.isOlderWaiting(server, asking, batch.waits.get(server))) return 0;
    if (isPlace(server)) return Infinity;
    return Math.max(0, this.free(server) - Math.max(0, batch.load.get(server) ?? 0));
  }

  /** Would all that the batch invokes still be invoked, and did nobody in it have to wait? */
  hasRoomFor({ load, waits }: BatchLoad): boolean {
    const isWaiting = [...waits.values()].some((runs) => [...runs.values()].some((one) => one.waits));
    const lines = new Set(this.lines.servers());
    return (
      !isWaiting && [...load].every(([server, count]) => !lines.has(server) && count <= this.free(server))
    );
  }

  /**
   * Runs that there are places for, the oldest first. With `own` only those that this coordinator let wait itself and
   * that stand before all others: so that coordinators do not decide about the same runs at the same time.
   */
  offers(isReachable: (server: string) => boolean, own: boolean): readonly WaitingRun[] {
    const offered = new Map<string, WaitingRun>();
    for (const server of this.lines.servers()) {
      const free = isPlace(server) ? (this.places.get(server) ?? 0) : this.free(server);
      if (free === 0 || (!isPlace(server) && !isReachable(server))) continue;
      const first = this.lines.first(server, Math.min(free, MAX_OFFERS), own);
      if (isPlace(server) && first.length > 0) this.places.delete(server);
      for (const one of first) {
        const isForeign = offered.get(one.run)?.own === false;
        offered.set(one.run, isForeign ? { ...one, own: false } : one);
      }
    }
    return [...offered.values()].sort((a, b) => (isOlder(a, b) ? -1 : 1)).slice(0, MAX_OFFERS);
  }

  /** Counts what a committed batch invoked and ended, and who waits since. */
  add({ load, waits, freed }: BatchLoad): void {
    for (const [server, change] of load) this.changes.set(server, (this.changes.get(server) ?? 0) + change);
    this.change(() => this.lines.apply(waits));
    if (freed && freed.size > 0)
      for (const line of this.lines.servers()) if (isPlace(line)) this.noteFreed(line, freed);
  }

  /** What was added was not committed. Who left a line is found again at the next look. */
  takeBack({ load, waits }: BatchLoad): void {
    for (const [server, change] of load) this.changes.set(server, (this.changes.get(server) ?? 0) - change);
    const left = [...waits].map(([line, runs]) => {
      const joined = [...runs].filter(([, { waits: hasJoined }]) => hasJoined);
      return [line, new Map(joined.map(([run, { age }]) => [run, { age, waits: false }]))] as const;
    });
    this.lines.apply(new Map(left));
  }

  private change(change: () => void): void {
    const wasEmpty = this.lines.isEmpty;
    change();
    if (wasEmpty && !this.lines.isEmpty) this.onWaiting();
  }

  private noteFreed(line: string, freed: ReadonlySet<string>): void {
    for (const task of freed)
      if (isPlaceOf(line, task)) this.places.set(line, (this.places.get(line) ?? 0) + FREED);
  }

  /** The run cannot be served: it holds up nobody until it is seen again. */
  passOver(run: string): void {
    this.lines.leave(run);
  }

  /** Must the database be asked before anybody else is served? */
  get mustCount(): boolean {
    return this.lines.isUsedUp;
  }

  /** Starts a count: what is decided from here on comes on top of it. */
  beginCount(): () => void {
    const before = this.changes;
    this.changes = new Map();
    const added = this.changes;
    this.lines.beginLook();
    return () => {
      // The count failed: what it would have replaced still holds.
      for (const [server, change] of before) added.set(server, (added.get(server) ?? 0) + change);
      this.lines.endLook(null);
    };
  }

  /** @param waiting server → the oldest runs that wait for it, at most `MAX_IN_LINE` */
  endCount(
    unfinished: ReadonlyMap<string, number>,
    online: Look['online'],
    waiting: ReadonlyMap<string, readonly RunAge[]>,
  ): void {
    this.unfinished = new Map(unfinished);
    this.limits = limitsOf(online);
    this.change(() => this.lines.endLook(waiting));
    // Others may have given places back, and whoever was offered one may have found it taken.
    this.places = new Map([...this.lines.servers()].filter(isPlace).map((line) => [line, FREED]));
  }
}

/** What one batch does to servers. */
export interface BatchLoad {
  /** server → invocations begun less ended */
  readonly load: ReadonlyMap<string, number>;
  readonly waits: WaitChanges;
  /** Tasks of which places under a limit were given back. */
  readonly freed?: ReadonlySet<string>;
}

/** A server whose instances are all gone counts as one without heartbeats: its invokes then end in `ack_timeout`. */
function limitsOf(online: Look['online']): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { server, capacity, queueLimit } of online)
    limits.set(server, (limits.get(server) ?? 0) + capacity + (queueLimit ?? 10 * capacity));
  return limits;
}
