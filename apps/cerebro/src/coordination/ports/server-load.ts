import { lineOf, type TaskRun } from '@cordyna/engine';

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

/** Is the task run's attempt at its server, as far as is known? */
export const isWithServer = ({ state, invocation }: TaskRun): boolean =>
  invocation !== null && (state === 'invoked' || state === 'queued' || state === 'started');

/** The instance that has queued or started the task run's attempt. */
export const holderOf = (task: TaskRun): string | null =>
  task.state !== 'invoked' && isWithServer(task) ? task.instance : null;

/** The line in which it stands. Reasons of other states are what people said. */
export const lineIn = ({ state, reason }: TaskRun): string | null =>
  state === 'pending' ? lineOf(reason) : null;
