import type { RunAge } from '@cordyna/engine';

/** Of each server's line only the oldest runs are held here; those behind them wait for the next look. */
export const MAX_IN_LINE = 500;

/** server → run → whether it waits for that server, as a batch has left it */
export type WaitChanges = ReadonlyMap<string, ReadonlyMap<string, WaitChange>>;
export interface WaitChange {
  readonly age: RunAge;
  readonly waits: boolean;
}

export interface WaitingRun extends RunAge {
  /** This coordinator let it wait itself. */
  readonly own: boolean;
}

/** What was done to a line, so that it can be undone. */
export interface Move {
  readonly line: string;
  readonly waiting: WaitingRun;
  readonly hasJoined: boolean;
}

const NO_MOVES: readonly Move[] = [];

interface Line {
  /** The oldest first. */
  readonly runs: WaitingRun[];
  /** When more wait than are held: they are all younger than this. */
  readonly end: RunAge | null;
}

export const isOlder = (a: RunAge, b: RunAge): boolean =>
  a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.run < b.run);

/**
 * Who waits for places with which server, the oldest run first. Looked up in the database twice a second; in between
 * this coordinator adds what its own commits changed. What others changed since the last look is not seen: so long, and
 * no longer, a run may go ahead of an older one that waits at another coordinator.
 */
export class WaitingLines {
  private lines = new Map<string, Line>();

  get isEmpty(): boolean {
    return this.lines.size === 0;
  }

  servers(): Iterable<string> {
    return this.lines.keys();
  }

  /** Does a run older than `asking` wait for the server? `changes` is what the batch that asks has decided so far. */
  isOlderWaiting(server: string, asking: RunAge, changes?: ReadonlyMap<string, WaitChange>): boolean {
    for (const { age, waits } of changes?.values() ?? []) if (waits && isOlder(age, asking)) return true;
    const line = this.lines.get(server);
    if (!line) return false;
    for (const waiting of line.runs) {
      if (!isOlder(waiting, asking)) return false;
      if (changes?.get(waiting.run)?.waits !== false) return true;
    }
    return line.end !== null && isOlder(line.end, asking);
  }

  /** The first `count` of a line; with `own` only as far as this coordinator let them wait itself. */
  first(server: string, count: number, own: boolean): readonly WaitingRun[] {
    const first = this.lines.get(server)?.runs.slice(0, count) ?? [];
    const foreign = own ? first.findIndex((waiting) => !waiting.own) : -1;
    return foreign === -1 ? first : first.slice(0, foreign);
  }

  /** Is there a line of which nobody is known any more? Then it must be looked up before anybody is served. */
  get isUsedUp(): boolean {
    for (const { runs, end } of this.lines.values()) if (runs.length === 0 && end !== null) return true;
    return false;
  }

  /** Takes over what a batch changed. Where it stands like that already, nothing is done. */
  apply(changes: WaitChanges): readonly Move[] {
    if (changes.size === 0) return NO_MOVES;
    const moves: Move[] = [];
    for (const [line, runs] of changes)
      for (const { age, waits } of runs.values()) {
        const waiting = waits ? this.join(line, { ...age, own: true }) : this.quit(line, age);
        if (waiting) moves.push({ line, waiting, hasJoined: waits });
      }
    return moves;
  }

  /** Undoes what was done last. */
  undo(moves: readonly Move[]): void {
    for (const { line, waiting, hasJoined } of [...moves].reverse())
      if (hasJoined) this.quit(line, waiting);
      else this.join(line, waiting);
  }

  /** The run cannot be served; when it still waits, the next look finds it again. */
  leave(run: string): void {
    for (const [server, { runs }] of this.lines) {
      const found = runs.find((waiting) => waiting.run === run);
      if (found) this.quit(server, found);
    }
  }

  /** @param found server → its oldest waiting runs, at most `MAX_IN_LINE` */
  replace(found: ReadonlyMap<string, readonly RunAge[]>): void {
    const before = this.lines;
    this.lines = new Map();
    for (const [server, runs] of found) {
      const own = new Set(
        before
          .get(server)
          ?.runs.filter((waiting) => waiting.own)
          .map(({ run }) => run),
      );
      const end = runs.length >= MAX_IN_LINE ? (runs.at(-1) ?? null) : null;
      this.lines.set(server, { runs: runs.map((age) => ({ ...age, own: own.has(age.run) })), end });
    }
  }

  /** Undefined when it stands there already, or behind all that are held. */
  private join(server: string, waiting: WaitingRun): WaitingRun | undefined {
    const line = this.lines.get(server) ?? { runs: [], end: null };
    const at = placeOf(line.runs, waiting);
    const isIn = line.runs[at]?.run === waiting.run;
    if (isIn || (line.end && isOlder(line.end, waiting))) return undefined;
    line.runs.splice(at, 0, waiting);
    this.lines.set(server, line);
    return waiting;
  }

  /** Undefined when it does not stand there. */
  private quit(server: string, age: RunAge): WaitingRun | undefined {
    const line = this.lines.get(server);
    const at = line ? placeOf(line.runs, age) : 0;
    if (line?.runs[at]?.run !== age.run) return undefined;
    const [waiting] = line.runs.splice(at, 1);
    if (line.runs.length === 0 && !line.end) this.lines.delete(server);
    return waiting;
  }
}

/** Where a run stands in a line, or would. */
function placeOf(runs: readonly RunAge[], age: RunAge): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isOlder(runs[middle] as RunAge, age)) low = middle + 1;
    else high = middle;
  }
  return low;
}
