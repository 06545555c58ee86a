import { fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { addHooks } from '../execution/hooks.js';
import type { TaskEvent } from '../handler/task-event.js';
import type { TaskServer } from '../server/task-server.js';

export interface Instruments {
  /** Path of a file that gets one line of JSON per execution, on the disk before the handler is called. */
  readonly sideEffects?: string;
  /** Makes each execution this much longer. */
  readonly taskSleepMs?: number;
}

/** One line of the side-effect file: proof that the handler was called, however the process ends. */
export interface Execution {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly item: TaskEvent['item'];
  readonly pid: number;
  /** RFC 3339 */
  readonly at: string;
}

/** For tests that count what was really run. Call it before `start()`. */
export function instrument(server: TaskServer, { sideEffects, taskSleepMs = 0 }: Instruments): TaskServer {
  const file = sideEffects === undefined ? undefined : openSync(sideEffects, 'a');
  addHooks(server, {
    beforeHandler: async ({ invocation, run, task, attempt, item }, signal) => {
      if (file !== undefined) {
        const at = new Date().toISOString();
        const line: Execution = { invocation, run, task, attempt, item, pid: process.pid, at };
        writeSync(file, `${JSON.stringify(line)}\n`);
        fsyncSync(file);
      }
      if (taskSleepMs > 0) await delay(taskSleepMs, undefined, { signal });
    },
  });
  return server;
}
