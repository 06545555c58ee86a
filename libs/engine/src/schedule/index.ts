export { scheduleBodyErrors } from './check-body.js';
export type { BodyError } from './check-body.js';
export { cronErrors, dueBetween, firstDue, nextDue } from './due.js';
export type { CronTiming, DaylightSaving, IntervalTiming, Season, Timing } from './due.js';
export { MAX_WAITING, ON_TIME_MS, planFirings } from './firings.js';
export type { FiringPlan, FiringRules, FiringState, Settled } from './firings.js';
export { DEFAULT_CATCH_UP, isDeclaredSchedule, scheduleInForce } from './in-force.js';
export type { DeclaredTiming, ScheduleInForce, ScheduleSources } from './in-force.js';
