import { Cron } from 'croner';

/** Due at `anchor` + n × `everyMs`, n ≥ 0; `anchor` in epoch ms. */
export interface IntervalTiming {
  readonly everyMs: number;
  readonly anchor: number;
}
/** Pattern of 5 fields, or 6 with seconds first; `timezone` is an IANA name. */
export interface CronTiming {
  readonly cron: string;
  readonly timezone: string;
}
export type Timing = IntervalTiming | CronTiming;

const parse = ({ cron, timezone }: CronTiming): Cron => new Cron(cron, { timezone, mode: '5-or-6-parts' });

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

/**
 * The first due time later than `afterMs`, epoch ms; null when there is none. In daylight saving changes a pattern of one
 * fixed time of day is due once a day, others follow the local clock (croner's rules).
 * @throws TypeError | RangeError for a pattern that `cronErrors` refuses
 */
export function nextDue(timing: Timing, afterMs: number): number | null {
  if ('cron' in timing) return parse(timing).nextRun(new Date(afterMs))?.getTime() ?? null;
  const passed = Math.floor((afterMs - timing.anchor) / timing.everyMs) + 1;
  return timing.anchor + Math.max(0, passed) * timing.everyMs;
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
