import { Logger } from '@nestjs/common';
import type { DatabaseClock, Fire, FiringsAhead, FiringsHeld } from '../coordination/index.js';
import { ComingTimes } from './coming-times.js';

export interface HeldTimesSettings {
  /** Fewer firings at the same time are not worth it. */
  readonly many: number;
  readonly newRunId: () => string;
  /** Is nothing to be begun now? */
  readonly isHeldBack: () => boolean;
}

/** Firings that lie so close together have one transaction, at the end of it. */
const WINDOW_MS = 40;
/** Firings of one transaction. */
const AT_MOST = 250;
/** Transactions that are held at a time: so many connections there are for them. */
const HELD = 4;
/** Beyond 2 s PostgreSQL ends a transaction in which nothing happens. */
const BEFORE_MS = 800;
/** What is due sooner is not held any more. */
const LEAST_MS = 10;
const LATE_MS = 1_000;

interface Group {
  readonly id: string;
  readonly at: number;
  readonly schedules: readonly string[];
  held: Promise<FiringsHeld | null> | null;
  /** Resolves to whether they have been fired. */
  readonly settled: Promise<boolean>;
  readonly settle: (isFired: boolean) => void;
}

/** Has firings that are due at the same time, if they are many, decided before it. */
export class HeldTimes {
  private readonly logger = new Logger('HeldTimes');
  private readonly groups = new Map<string, Group>();
  private readonly groupOf = new Map<string, Group>();
  private waiting: Group[] = [];
  private readonly ending = new Map<Group, Promise<void>>();
  private readonly times: ComingTimes;
  private timer: NodeJS.Timeout | null = null;
  private holding: Promise<void> | null = null;
  private nextId = 0;
  private stopped = false;

  constructor(
    private readonly ahead: Pick<FiringsAhead, 'hold' | 'isReady'>,
    private readonly clock: Pick<DatabaseClock, 'now'>,
    private readonly settings: HeldTimesSettings,
  ) {
    this.times = new ComingTimes(clock, (ids) => this.commit(ids));
  }

  /** @param found schedules with their next due time (epoch ms, database clock), read beforehand */
  add(found: readonly { readonly schedule: string; readonly dueAt: number }[]): void {
    const windows = new Map<number, string[]>();
    for (const { schedule, dueAt } of found) {
      const at = Math.ceil(dueAt / WINDOW_MS) * WINDOW_MS;
      if (this.groupOf.has(schedule) || at - this.clock.now() < LEAST_MS || !this.ahead.isReady(schedule))
        continue;
      const window = windows.get(at);
      if (window) window.push(schedule);
      else windows.set(at, [schedule]);
    }
    for (const [at, schedules] of windows) {
      if (schedules.length < this.settings.many) continue;
      const groups = Math.ceil(schedules.length / AT_MOST);
      const size = Math.ceil(schedules.length / groups);
      for (let from = 0; from < schedules.length; from += size)
        this.open(at, schedules.slice(from, from + size));
    }
    this.waiting.sort((a, b) => a.at - b.at);
    this.goOn();
  }

  /** Resolves to whether the due time of the schedule has been settled; null when it is not looked after here. */
  settled(schedule: string): Promise<boolean> | null {
    return this.groupOf.get(schedule)?.settled ?? null;
  }

  /** For good; what is held comes to nothing, and what is being committed is waited for. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.times.stop();
    const groups = [...this.groups.values()].filter((group) => !this.ending.has(group));
    for (const group of groups) this.close(group, false);
    await this.holding;
    await Promise.all(groups.map(async ({ held }) => (await held)?.release()));
    await Promise.all(this.ending.values());
  }

  private open(at: number, schedules: readonly string[]): void {
    let settle: Group['settle'] = () => undefined;
    const settled = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const id = String(this.nextId++);
    const group: Group = { id, at, schedules, held: null, settled, settle };
    this.groups.set(id, group);
    for (const schedule of schedules) this.groupOf.set(schedule, group);
    this.waiting.push(group);
    this.times.add(id, at);
  }

  private close(group: Group, isFired: boolean): void {
    this.groups.delete(group.id);
    for (const schedule of group.schedules) this.groupOf.delete(schedule);
    this.waiting = this.waiting.filter((other) => other !== group);
    group.settle(isFired);
  }

  /** Decides the next group when there is room for it; one after the other. */
  private goOn(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const [next] = this.waiting;
    const held = this.groups.size - this.waiting.length;
    if (!next || this.holding || this.stopped || held >= HELD) return;
    const waitMs = next.at - BEFORE_MS - this.clock.now();
    if (waitMs > 0) {
      this.timer = setTimeout(() => this.goOn(), waitMs);
      return;
    }
    this.waiting.shift();
    this.holding = this.hold(next).finally(() => {
      this.holding = null;
      this.goOn();
    });
  }

  private async hold(group: Group): Promise<void> {
    const { schedules, at } = group;
    const fires = schedules.map((schedule): Fire => ({
      kind: 'fire',
      schedule,
      newRun: this.settings.newRunId(),
    }));
    group.held = this.ahead.hold(fires, at);
    if ((await group.held) === null) this.close(group, false);
  }

  private commit(ids: readonly string[]): void {
    for (const id of ids) {
      const group = this.groups.get(id);
      if (group) this.ending.set(group, this.endSafely(group));
    }
  }

  private async endSafely(group: Group): Promise<void> {
    try {
      await this.end(group);
    } catch (error) {
      this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      this.close(group, false);
    } finally {
      this.ending.delete(group);
      this.goOn();
    }
  }

  private async end(group: Group): Promise<void> {
    const held = await group.held;
    // Not begun, or it came to nothing.
    if (!held || !this.groups.has(group.id)) return this.close(group, false);
    const isLate = this.clock.now() > group.at + LATE_MS;
    let isFired = false;
    if (isLate || this.settings.isHeldBack()) await held.release();
    else isFired = await held.commit();
    this.close(group, isFired);
  }
}
