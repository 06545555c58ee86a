import type { Changes, Schedule } from './ports/index.js';

/** A schedule in a batch. */
export interface WorkingSchedule {
  readonly value: Schedule;
  readonly expectedVersion: number | null;
  readonly lastRunOpen: boolean;
  readonly changed: boolean;
  /** As it was loaded. */
  readonly before: Schedule | null;
}

export function savedOf({ value, expectedVersion, before }: WorkingSchedule): Changes['schedules'][number] {
  return { value, expectedVersion, ...(before && isMoved(before, value) ? { isMoved: true } : {}) };
}

/** Nothing but what each firing changes. */
const isMoved = (
  { nextDueAt: _due, lastRun: _run, ...before }: Schedule,
  { nextDueAt: _next, lastRun: _last, ...after }: Schedule,
): boolean => (Object.keys(after) as (keyof typeof after)[]).every((name) => after[name] === before[name]);
