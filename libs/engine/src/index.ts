export { mergeArgs } from './args/merge-args.js';
export type { ArgsSource, MergedArgs } from './args/merge-args.js';
export { EngineError } from './errors.js';
export * from './graph/index.js';
export * from './lifecycle/index.js';
export * from './model/index.js';
export { cronErrors, dueBetween, firstDue, nextDue } from './schedule/due.js';
export type { CronTiming, IntervalTiming, Timing } from './schedule/due.js';
export * from './watchdog/rules.js';
