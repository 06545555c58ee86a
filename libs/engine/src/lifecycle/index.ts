export { evolve } from './evolve.js';
export { backoffMs } from './fail.js';
export { freshnessNeeds, needsFreshness } from './freshness-needs.js';
export { heldAfter } from './held.js';
export { initialRun } from './initial.js';
export { memberIndex } from './lookup.js';
export { replay } from './replay.js';
export {
  RowType,
  WAITING_FOR_UPSTREAM,
  isPlace,
  isPlaceOf,
  lineOf,
  waitingForCapacity,
  waitingForTopic,
} from './rows.js';
export type { RowData } from './rows.js';
export { counts } from './settle.js';
export { create, step } from './step.js';
export { SIGNALS, TABLE } from './table.js';
export type { Action, Outcome, Signal } from './table.js';
