import type { DatabaseClock } from '../coordination/index.js';

/** Times that lie together are told together: the timers of a busy second cost more than they are early. */
const GRAIN_MS = 4;

const toldAt = (dueAt: number): number => Math.ceil(dueAt / GRAIN_MS) * GRAIN_MS;

/** Names what falls due, when it does. */
export class ComingTimes {
  /** time, a multiple of the grain → names */
  private readonly times = new Map<number, Set<string>>();
  private timer: NodeJS.Timeout | null = null;
  private armedFor = Number.POSITIVE_INFINITY;
  private waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  private stopped = false;

  constructor(
    private readonly clock: Pick<DatabaseClock, 'now'>,
    private readonly onDue: (names: readonly string[]) => void,
  ) {}

  /** @param dueAt epoch ms on the database's clock; of one name there may be several */
  add(name: string, dueAt: number): void {
    if (this.stopped) return;
    const time = toldAt(dueAt);
    const names = this.times.get(time);
    if (names) names.add(name);
    else this.times.set(time, new Set([name]));
    if (time < this.armedFor) this.arm();
  }

  /** Resolves when all has been told that was added and is due until then. */
  async passed(until: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiting.push({ until: toldAt(until), resolve });
      this.release();
    });
  }

  /** For good. */
  stop(): void {
    this.stopped = true;
    this.times.clear();
    this.arm();
    this.release();
  }

  private arm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.armedFor = [...this.times.keys()].reduce((least, time) => Math.min(least, time), Infinity);
    if (this.times.size === 0) return;
    this.timer = setTimeout(() => this.ring(), Math.max(0, this.armedFor - this.clock.now()));
  }

  private ring(): void {
    const now = this.clock.now();
    const due = [...this.times].filter(([time]) => time <= now).sort(([a], [b]) => a - b);
    for (const [time] of due) this.times.delete(time);
    this.arm();
    if (due.length > 0) this.onDue([...new Set(due.flatMap(([, names]) => [...names]))]);
    this.release();
  }

  private release(): void {
    const isPassed = ({ until }: { readonly until: number }): boolean => until < this.armedFor;
    const passed = this.waiting.filter(isPassed);
    this.waiting = this.waiting.filter((one) => !isPassed(one));
    for (const { resolve } of passed) resolve();
  }
}
