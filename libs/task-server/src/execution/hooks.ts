import type { InvokeCommand } from '@cordyna/protocol/model';
import type { TaskEvent } from '../handler/task-event.js';

/** `ignore`: as if the command had never come. `hold`: acknowledge it, and never begin it. */
export type Conduct = 'run' | 'ignore' | 'hold';

/** Where tests reach into a server; see the package's `/testing`. */
export interface ServerHooks {
  readonly conduct?: (command: InvokeCommand) => Conduct;
  /** In the attempt's place and time, before its handler; what it throws, the attempt throws. */
  readonly beforeHandler?: (event: TaskEvent, signal: AbortSignal) => void | Promise<void>;
}

const hooks = new WeakMap<object, ServerHooks>();

export const addHooks = (server: object, added: ServerHooks): void =>
  void hooks.set(server, { ...hooks.get(server), ...added });

const NONE: ServerHooks = {};
export const hooksOf = (server: object): ServerHooks => hooks.get(server) ?? NONE;
