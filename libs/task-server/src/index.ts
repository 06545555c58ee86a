export type { Duration } from './declaration/durations.js';
export type { JobMember, JobOptions, ServerDescription, TaskOptions } from './declaration/options.js';
export {
  DeclarationRejectedError,
  InvalidDeclarationError,
  TASK_SERVER_ERROR_CODES,
  TaskServerError,
} from './errors.js';
export type { TaskServerErrorCode } from './errors.js';
export type { TaskContext, TaskDefinition, TaskHandler } from './handler/handler.js';
export type { TaskEvent } from './handler/task-event.js';
export { TaskFailure } from './handler/task-failure.js';
export type { FailureDetails } from './handler/task-failure.js';
export type {
  InvokeRequest,
  InvokeTarget,
  RequestedRun,
  TaskLogger,
  TaskTools,
} from './handler/task-tools.js';
export { logToStdout } from './log.js';
export type { LogLevel, TaskServerLog } from './log.js';
export { optionsFromEnvironment } from './lifecycle/environment.config.js';
export type { RuntimeOptions } from './lifecycle/options.js';
export { createTaskServer, TaskServer } from './server/task-server.js';
export type { TaskServerOptions } from './server/task-server.js';
