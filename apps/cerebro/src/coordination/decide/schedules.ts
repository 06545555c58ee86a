import { nextDue, sameJson, scheduleInForce, type ScheduleInForce, type Timing } from '@cordyna/engine';
import type { RunRequest } from '@cordyna/protocol/model';
import { NO_DETAILS, type Schedule, type ScheduleDetails } from '../ports/index.js';
import type { WorkingSet } from '../working-set.js';

const known = new WeakMap<ScheduleDetails, { readonly schedule: string; readonly inForce: InForce }>();

type InForce = ReturnType<typeof scheduleInForce>;

/** Asked for several times with each firing, of details that change seldom. */
export function inForceOf({ schedule, details }: Pick<Schedule, 'schedule' | 'details'>): InForce {
  const found = known.get(details);
  if (found?.schedule === schedule) return found.inForce;
  const inForce = scheduleInForce({ schedule, ...details });
  known.set(details, { schedule, inForce });
  return inForce;
}

/** What a firing asks for. */
export const requestOf = ({ task, job, scope, args, taskArgs }: ScheduleInForce): RunRequest => ({
  ...(job === null ? { task: task ?? '' } : { job }),
  ...(job === null ? { scope } : {}),
  args,
  taskArgs,
});

/** Saves what a schedule is from now on; the next due time stays as long as the timing does. */
export function saveDetails(id: string, details: ScheduleDetails, work: WorkingSet, now: number): Schedule {
  const stored = work.schedule(id);
  const before = stored?.value;
  const inForce = inForceOf({ schedule: id, details });
  const timing = inForce?.timing ?? null;
  const active = inForce !== null && details.paused === null;
  const kept = before?.active && sameJson(inForceOf(before)?.timing, timing);
  const value: Schedule = {
    schedule: id,
    task: inForce?.task ?? before?.task ?? null,
    ...(timing ? columnsOf(timing) : lastColumns(before)),
    anchor: timing && 'anchor' in timing ? timing.anchor : (details.declared?.anchor ?? now),
    nextDueAt: kept ? before.nextDueAt : active && timing ? nextDue(timing, now) : null,
    lastRun: before?.lastRun ?? null,
    active,
    details,
  };
  work.saveSchedule(value, stored?.lastRunOpen ?? false);
  return value;
}

export const detailsOf = (id: string, work: WorkingSet): ScheduleDetails =>
  work.schedule(id)?.value.details ?? NO_DETAILS;

const columnsOf = (timing: Timing) =>
  'everyMs' in timing
    ? { everyMs: timing.everyMs, cron: null, timezone: 'UTC' }
    : { everyMs: null, cron: timing.cron, timezone: timing.timezone };

/** Of a schedule that is not in force what it was. */
const lastColumns = (before: Schedule | undefined) => ({
  everyMs: before?.everyMs ?? null,
  cron: before?.cron ?? null,
  timezone: before?.timezone ?? 'UTC',
});
