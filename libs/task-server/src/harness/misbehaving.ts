import type { JsonObject } from '@cordyna/protocol/model';
import type { Conduct } from '../execution/conduct.js';
import { setConduct } from '../execution/conduct.js';
import type { TaskServer } from '../server/task-server.js';

export type { Conduct } from '../execution/conduct.js';

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
 * `queued` and never begun). Never for production.
 */
export function misbehaving(server: TaskServer, rule: (command: ReceivedCommand) => Conduct): TaskServer {
  setConduct(server, rule);
  return server;
}
