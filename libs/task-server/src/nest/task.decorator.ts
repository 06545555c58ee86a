import { SetMetadata } from '@nestjs/common';
import type { TaskOptions } from '../declaration/options.js';

/** What `@Task` says about a method. */
export type TaskMetadata = TaskOptions & {
  /** Unique in the server; the qualified name is `<server>.<name>`. */
  readonly name: string;
};

export const TASK_METADATA = 'cordyna:task';

/**
 * Declares a provider's method as a task. It is called with `{ event, tools }` and gives the output, a JSON object.
 * The provider must be a singleton: a request has nothing to do with a run.
 */
export const Task = (task: TaskMetadata): MethodDecorator => SetMetadata(TASK_METADATA, task);
