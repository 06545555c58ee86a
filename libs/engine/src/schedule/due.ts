import { Cron } from 'croner';
import { instantOf, wallOf } from './wall-clock.js';

/** What of a schedule is due at all: first and last time, both due themselves, epoch ms. */
export interface Season {
  readonly startsAt?: number;
  readonly endsAt?: number;
}
/** Due at `anchor` + n × `everyMs`, n ≥ 0; `anchor` in epoch ms. */
export interface IntervalTiming extends Season {
  readonly everyMs: number;
  readonly anchor: number;
}
/**
 * What happens to a local time that the clocks skip: due once, at the moment of the change, or not at all. One that comes
 * twice is due the first time under both.
 */
export type DaylightSaving = 'once' | 'skip';
/** Pattern of 5 fields, or 6 with seconds first; `timezone` is an IANA name. */
export interface CronTiming extends Season {
  readonly cron: string;
  readonly timezone: string;
  /** `once` when absent. */
  readonly daylightSaving?: DaylightSaving;
}
export type Timing = IntervalTiming | CronTiming;

const MAX_PARSED = 2_000;
const parsed = new Map<string, Cron>();

/** Parsing is dearer than the next due time; a pattern in its time zone never changes. */
function parse({ cron, timezone }: Pick<CronTiming, 'cron' | 'timezone'>): Cron {
  const id = `${timezone} ${cron}`;
  const known = parsed.get(id);
  if (known) return known;
  const made = new Cron(cron, { timezone, mode: '5-or-6-parts', paused: true });
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(id, made);
  return made;
}

/** What is wrong with a cron pattern or its time zone; empty when it is good and falls due at some time. */
export function cronErrors(cron: string, timezone: string): readonly string[] {
  // croner also takes dates and nicknames, which the protocol does not.
  if (![5, 6].includes(cron.trim().split(/\s+/).length)) return [`'${cron}' has not 5 or 6 fields`];
  try {
    return parse({ cron, timezone }).nextRun(new Date(0)) ? [] : [`'${cron}' is never due`];
  } catch (error) {
    return [String((error as Error).message)];
  }
}

/** Every hour follows the time that passes, not the clock: in the hour that comes twice it is due twice. */
const isHourly = (cron: string): boolean => cron.trim().split(/\s+/).at(-4) === '*';

/**
 * Of a pattern with hours each local time is due once: local times are counted as if they were UTC, where no clock is ever
 * changed, and each is then looked up in the time zone.
 */
function nextByClock(
  { cron, timezone, daylightSaving = 'once' }: CronTiming,
  afterMs: number,
): number | null {
  const pattern = parse({ cron, timezone: 'UTC' });
  for (let wall = wallOf(afterMs, timezone); ;) {
    const next = pattern.nextRun(new Date(wall))?.getTime();
    if (next === undefined) return null;
    const { at, isSkipped } = instantOf(next, timezone);
    if (at > afterMs && !(isSkipped && daylightSaving === 'skip')) return at;
    wall = next;
  }
}

function nextOf(timing: Timing, afterMs: number): number | null {
  if ('cron' in timing) {
    if (isHourly(timing.cron)) return parse(timing).nextRun(new Date(afterMs))?.getTime() ?? null;
    return nextByClock(timing, afterMs);
  }
  const passed = Math.floor((afterMs - timing.anchor) / timing.everyMs) + 1;
  return timing.anchor + Math.max(0, passed) * timing.everyMs;
}

/**
 * The first due time later than `afterMs`, epoch ms; null when there is none. A pattern with `*` for the hour follows the
 * time that passes (croner); of others each local time is due once a day, see `DaylightSaving`.
 * @throws TypeError | RangeError for a pattern that `cronErrors` refuses
 */
export function nextDue(timing: Timing, afterMs: number): number | null {
  const { startsAt = -Infinity, endsAt = Infinity } = timing;
  const next = nextOf(timing, Math.max(afterMs, startsAt - 1));
  return next === null || next > endsAt ? null : next;
}

/** The same, but a due time at `fromMs` itself counts. */
export const firstDue = (timing: Timing, fromMs: number): number | null => nextDue(timing, fromMs - 1);

/** Due times later than `afterMs` up to and including `untilMs`, the oldest first, at most `limit`. */
export function dueBetween(
  timing: Timing,
  afterMs: number,
  untilMs: number,
  limit: number,
): readonly number[] {
  const due: number[] = [];
  let at = nextDue(timing, afterMs);
  while (at !== null && at <= untilMs && due.length < limit) {
    due.push(at);
    at = nextDue(timing, at);
  }
  return due;
}
