import type { JsonObject } from '@cordyna/protocol/model';
import type { Conduct } from '../execution/hooks.js';
import { addHooks } from '../execution/hooks.js';
import type { TaskServer } from '../server/task-server.js';

export type { Conduct } from '../execution/hooks.js';

/** What a rule decides by. */
export interface ReceivedCommand {
  /** Qualified. */
  readonly task: string;
  readonly args: JsonObject;
  readonly attempt: number;
}

/**
 * For tests of what watches task servers: makes this one break its rules. For each command that invokes, `rule` says
 * `run` (as always), `ignore` (as if it had never come: neither acknowledged nor run) or `hold` (acknowledged with
 * `queued` and never begun). Call it before `start()`; never in production.
 */
export function misbehaving(server: TaskServer, rule: (command: ReceivedCommand) => Conduct): TaskServer {
  addHooks(server, { conduct: rule });
  return server;
}
