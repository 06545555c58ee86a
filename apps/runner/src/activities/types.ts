import type { TaskEvent, TaskOptions } from '@cordyna/task-server';

export type { TaskEvent };
export type JsonObject = NonNullable<TaskOptions['argsSchema']>;
