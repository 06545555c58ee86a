import type { JsonObject, TaskDeclaration } from '@cordyna/protocol/model';
import type { TaskEvent } from './task-event.js';
import type { TaskTools } from './task-tools.js';

export interface TaskContext<Args = JsonObject> {
  readonly event: TaskEvent<Args>;
  readonly tools: TaskTools;
}

/** Gives the output, a JSON object of at most 768 KiB; nothing is the empty object. */
export type TaskHandler<Args = JsonObject> = (context: TaskContext<Args>) => unknown;

export interface TaskDefinition {
  readonly declaration: TaskDeclaration;
  readonly handler: TaskHandler;
}
