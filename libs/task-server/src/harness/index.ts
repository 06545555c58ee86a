export { genericServer } from './generic/generic-server.js';
export type { Behaviour, Behaviours } from './generic/generic-server.js';
export { instrument } from './instrument.js';
export type { Execution, Instruments } from './instrument.js';
export { misbehaving } from './misbehaving.js';
export type { Conduct, ReceivedCommand } from './misbehaving.js';
export { runTask } from './run-task.js';
export type { RunTaskInput, RunTaskRecord, RunTaskResult } from './run-task.js';
