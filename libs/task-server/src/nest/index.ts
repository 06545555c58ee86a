export { Task } from './task.decorator.js';
export type { TaskMetadata } from './task.decorator.js';
export { TaskServerModule } from './task-server.module.js';
export type { TaskServerModuleAsyncOptions, TaskServerModuleOptions } from './task-server.module.js';
