import { v7 as uuidv7 } from 'uuid';
import {
  DONE,
  type Backlog,
  type DatabaseClock,
  type Door,
  type Due,
  type Look,
  type Outcome,
  type TimerQueries,
} from '../coordination/index.js';
import { Alarm } from './alarm.js';
import { ComingTimes } from './coming-times.js';
import type { HeldTimes } from './held-times.js';
import type { Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const LOOK_MS = 500;
/** Whoever is woken looks at all schedules again only after this; else at those that wait for the end of a run. */
const REST_MS = 250;
/** After a look of the lookout that has found none; its next one comes before that, or schedules are looked for as ever. */
const CALM_MS = 700;
/** More than the time between two looks at all: what falls due in between is known before. */
const AHEAD_MS = 1_000;
const AT_MOST = 2_000;
const AGAIN_MS = 10;
/** What the coordinator that looks after a schedule has not settled by then, the others do. */
const OTHERS_MS = 250;
/** At once. */
const NOW = 0;

/**
 * Proposes schedules at their due times, without waiting for what it has proposed before. What falls due until the next
 * look is read beforehand; while the lookout says that there is nothing, nobody looks. Several coordinators share the
 * schedules; when several propose the same all the same, one of them is applied.
 */
export class ScheduleTimer implements Watcher {
  private readonly ticker = new Ticker('Schedules', LOOK_MS, () => this.tick());
  private readonly alarm: Alarm;
  private readonly leftOver = new Ticker('Left schedules', null, () => this.takeOver());
  private readonly leftAlarm: Alarm;
  private readonly coming: ComingTimes;
  /** Epoch ms on the database's clock. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** Until then there is nothing to be found. */
  private calmUntil = Number.NEGATIVE_INFINITY;
  /** Something may have become due that the lookout has not seen. */
  private isWoken = false;
  /** Schedules whose proposals are not answered. */
  private readonly proposed = new Map<string, Promise<void>>();
  /** Those of them that have fallen due once more. */
  private readonly again = new Set<string>();
  /** Schedules that were proposed since the last look began: what it has found of them may be past. */
  private since = new Set<string>();

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Pick<Door, 'submit' | 'prepare'>,
    private readonly clock: Pick<DatabaseClock, 'now'>,
    due: Due,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog?: Pick<Backlog, 'excess'>,
    private readonly isOurs: (schedule: string) => boolean = () => true,
    private readonly held: Pick<HeldTimes, 'add' | 'settled' | 'stop'> | null = null,
  ) {
    this.alarm = new Alarm({ wake: () => this.wake() }, clock);
    this.leftAlarm = new Alarm(this.leftOver, clock);
    this.coming = new ComingTimes(clock, (schedules) => this.propose(schedules));
    due.listen('schedules', (at, schedule) => this.learn(at, schedule));
  }

  start(): void {
    this.ticker.start();
    this.leftOver.start();
  }

  async stop(): Promise<void> {
    this.alarm.stop();
    this.leftAlarm.stop();
    this.coming.stop();
    await this.held?.stop();
    await Promise.all([this.ticker.stop(), this.leftOver.stop()]);
    await Promise.all(this.proposed.values());
  }

  seen({ errands }: Pick<Look, 'errands'>): void {
    this.calmUntil = errands.has('schedules') ? Number.NEGATIVE_INFINITY : this.clock.now() + CALM_MS;
  }

  private wake(): void {
    this.isWoken = true;
    this.ticker.wake();
  }

  /** Whoever settled the last due time goes on with the next; what is due later than that, a look finds in time. */
  private learn(at: number, schedule?: string): void {
    if (schedule === undefined) this.alarm.at(at);
    else if (at <= this.clock.now() + AHEAD_MS) this.coming.add(schedule, at);
  }

  private async tick(): Promise<boolean> {
    // Due times stay due, and are settled like those of any outage once there is room.
    if (this.isHeldBack()) return false;
    const isCalm = !this.isWoken && this.clock.now() < this.calmUntil;
    this.isWoken = false;
    if (isCalm) return false;
    if (this.clock.now() - this.lookedAt >= REST_MS) return this.look();
    const waiting = await this.queries.schedulesThatWait(AT_MOST);
    for (const schedule of waiting) this.coming.add(schedule, NOW);
    return false;
  }

  /** True when there may be more than what it has found. */
  private async look(): Promise<boolean> {
    const now = this.clock.now();
    this.lookedAt = now;
    this.since = new Set(this.proposed.keys());
    const found = await this.queries.dueSchedules(AHEAD_MS, AT_MOST);
    const ahead: { readonly schedule: string; readonly dueAt: number }[] = [];
    let last: number | null = null;
    for (const { schedule, dueAt } of found) {
      if (this.since.has(schedule)) continue;
      const isLate = dueAt <= now - OTHERS_MS;
      if (!isLate && !this.isOurs(schedule)) {
        this.leftAlarm.at(dueAt + OTHERS_MS);
        continue;
      }
      this.coming.add(schedule, dueAt);
      last = dueAt;
      if (dueAt > now) ahead.push({ schedule, dueAt });
    }
    await this.door.prepare(ahead.map(({ schedule }) => schedule));
    this.held?.add(ahead.filter(({ schedule }) => !this.proposed.has(schedule)));
    if (found.length < AT_MOST || last === null) return false;
    await this.coming.passed(last);
    await Promise.all(this.proposed.values());
    return true;
  }

  private async takeOver(): Promise<void> {
    if (this.isHeldBack()) return;
    const found = await this.queries.dueSchedules(-OTHERS_MS, AT_MOST);
    this.propose(found.map(({ schedule }) => schedule).filter((schedule) => !this.proposed.has(schedule)));
  }

  private isHeldBack(): boolean {
    return this.backlog !== undefined && this.backlog.excess !== null;
  }

  private propose(schedules: readonly string[]): void {
    if (this.isHeldBack()) return;
    for (const schedule of schedules) {
      if (this.proposed.has(schedule)) this.again.add(schedule);
      else this.proposed.set(schedule, this.fire(schedule));
      this.since.add(schedule);
    }
  }

  private submit(schedule: string): Promise<Outcome> {
    const inbound = { kind: 'fire', schedule, newRun: this.newRunId() } as const;
    // A door that is closed takes no more; the schedule stays due.
    return this.door.submit(inbound).catch(() => DONE);
  }

  private async fire(schedule: string): Promise<void> {
    const isSettled = await this.held?.settled(schedule);
    const outcome = isSettled ? DONE : await this.submit(schedule);
    this.proposed.delete(schedule);
    // The clock's estimate may go back a little: then the time has not come after all.
    const isEarly = outcome.kind === 'refused';
    if (this.again.delete(schedule) || isEarly) this.coming.add(schedule, this.clock.now() + AGAIN_MS);
  }
}
