/**
 * How much more a server has by a commit, over all runs: what timers look for, so that they need no index on the states of
 * task runs, and no run a row for each of its servers.
 */
export interface ServerLoad {
  readonly server: string;
  /** Null: the server as a whole. */
  readonly instance: string | null;
  /** Runs with a pending task of the server; none are counted for an instance. */
  readonly waiting: number;
  /** Attempts that are invoked, queued or started; of an instance those that it has queued or started. */
  readonly unfinished: number;
}
