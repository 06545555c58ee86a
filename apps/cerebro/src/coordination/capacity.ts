import { isPlace, isPlaceOf, type RunAge } from '@cordyna/engine';
import type { Look, Snapshot, TransactionId } from './ports/index.js';
import { isOlder, WaitingLines, type Move, type WaitChanges, type WaitingRun } from './waiting-lines.js';

/** Unfinished invocations that a server may have when none of its instances sends heartbeats. */
export const CAPACITY_WITHOUT_HEARTBEATS = 1_000;
/** Runs that are offered places once some were given back: as many as a batch may have ended. */
const FREED = 10;
/** Runs that are offered places at once. */
const MAX_OFFERS = 500;

/**
 * Flow control, approximate on purpose: per server the sum of `capacity` + `queueLimit` of its instances that are
 * online, less the unfinished invocations; places go to the oldest run that waits. Counted from the database at each look
 * of the timers; to that this coordinator adds what it decided itself, as soon as it is decided. Each batch counts once: a
 * look says which transactions it has seen, and the commit of a batch which one it was.
 */
export class Capacity {
  private limits = new Map<string, number>();
  /** What is known to be committed. */
  private unfinished = new Map<string, number>();
  /** The last count has seen these. */
  private snapshot: Snapshot | null = null;
  private isCounting = false;
  /** Batches that are not in `unfinished`, in the order of their commits; */
  private added: CountedBatch[] = [];
  /** what they change of it. */
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

  /** Counts what a batch invokes and ends, and who waits since, while its commit is under way or done. */
  add({ load, waits, freed }: BatchLoad): CountedBatch {
    const batch = new CountedBatch(load, waits);
    this.added.push(batch);
    addTo(this.changes, load);
    this.changeLines(() => this.apply(batch));
    if (freed && freed.size > 0)
      for (const line of this.lines.servers()) if (isPlace(line)) this.noteFreed(line, freed);
    return batch;
  }

  /** It is committed. */
  landed(batch: CountedBatch, transaction: TransactionId | null): void {
    const isSeen = transaction !== null && this.snapshot?.contains(transaction) === true;
    batch.state = 'committed';
    batch.transaction = transaction;
    // A count that is under way has seen it or not.
    if (this.isCounting && !isSeen) return this.sumUp();
    this.remove(batch);
    if (!isSeen) addTo(this.unfinished, batch.load);
  }

  /** It was not committed: all is as if it had never been added. */
  takeBack(batch: CountedBatch): void {
    if (batch.state === 'committed') return;
    const behind = this.added.slice(this.added.indexOf(batch) + 1);
    this.remove(batch);
    this.changeLines(() => {
      for (const { moves } of [...behind].reverse()) this.lines.undo(moves);
      this.lines.undo(batch.moves);
      for (const other of behind) this.apply(other);
    });
  }

  private apply(batch: CountedBatch): void {
    batch.moves = this.lines.apply(batch.waits);
  }

  private remove(batch: CountedBatch): void {
    this.added = this.added.filter((other) => other !== batch);
    this.sumUp();
  }

  private sumUp(): void {
    this.changes = new Map();
    for (const batch of this.added) addTo(this.changes, batch.load, batch.state === 'uncertain');
  }

  private changeLines(change: () => void): void {
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

  /** The database is about to be asked: it will have seen all that is committed by now. */
  beginCount(): void {
    this.isCounting = true;
  }

  /** It was not answered: what it would have replaced still holds. */
  failCount(): void {
    this.isCounting = false;
    this.settle();
  }

  /** @param waiting server → the oldest runs that wait for it, at most `MAX_IN_LINE`; asked for after the look */
  endCount({ unfinished, online, snapshot }: Count, waiting: ReadonlyMap<string, readonly RunAge[]>): void {
    this.isCounting = false;
    this.snapshot = snapshot;
    this.unfinished = new Map(unfinished);
    this.limits = limitsOf(online);
    this.added = this.added.filter(
      ({ transaction }) => transaction === null || !snapshot.contains(transaction),
    );
    this.changeLines(() => {
      this.lines.replace(waiting);
      // To those whom the lines show as they left them already, this does nothing.
      for (const batch of this.added) this.apply(batch);
    });
    // Others may have given places back, and whoever was offered one may have found it taken.
    this.places = new Map([...this.lines.servers()].filter(isPlace).map((line) => [line, FREED]));
    for (const batch of this.added) if (batch.state === 'sent') batch.state = 'uncertain';
    this.settle();
  }

  private settle(): void {
    for (const { state, load } of this.added) if (state === 'committed') addTo(this.unfinished, load);
    this.added = this.added.filter(({ state }) => state !== 'committed');
    this.sumUp();
  }
}

/** What a look says of it. */
export type Count = Pick<Look, 'unfinished' | 'online' | 'snapshot'>;

/** What became of a batch is told to `Capacity` by who added it. */
export class CountedBatch {
  /**
   * `uncertain`: a count was taken while its commit was under way, and may have seen it. Until the commit is answered, what
   * it takes counts, and what it gives back does not: nobody may be given a place twice.
   */
  state: 'sent' | 'uncertain' | 'committed' = 'sent';
  transaction: TransactionId | null = null;
  moves: readonly Move[] = [];

  constructor(
    readonly load: BatchLoad['load'],
    readonly waits: WaitChanges,
  ) {}
}

/** What one batch does to servers. */
export interface BatchLoad {
  /** server → invocations begun less ended */
  readonly load: ReadonlyMap<string, number>;
  readonly waits: WaitChanges;
  /** Tasks of which places under a limit were given back. */
  readonly freed?: ReadonlySet<string>;
}

function addTo(sums: Map<string, number>, load: BatchLoad['load'], isUncertain = false): void {
  for (const [server, change] of load)
    sums.set(server, (sums.get(server) ?? 0) + (isUncertain ? Math.max(0, change) : change));
}

/** A server whose instances are all gone counts as one without heartbeats: its invokes then end in `ack_timeout`. */
function limitsOf(online: Look['online']): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { server, capacity, queueLimit } of online)
    limits.set(server, (limits.get(server) ?? 0) + capacity + (queueLimit ?? 10 * capacity));
  return limits;
}
