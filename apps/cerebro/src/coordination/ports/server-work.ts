/** What one run has at one server: what timers look for, so that they need no index on the states of task runs. */
export interface ServerWork {
  readonly server: string;
  readonly hasPending: boolean;
  /** Attempts that are invoked, queued or started. */
  readonly unfinished: number;
  /** Who has queued or started one of them, sorted. */
  readonly instances: readonly string[];
}
