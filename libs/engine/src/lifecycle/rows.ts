import { EventType } from '@cordyna/protocol/model';
import type { Item, JsonObject, RunState, TaskError } from '@cordyna/protocol/model';
import type { OutsideInput } from '../model/index.js';

/** `type` of the history rows: the protocol's names where it has one. */
export const RowType = {
  runCreated: EventType.runCreated,
  runFinished: EventType.runFinished,
  runCancelRequested: 'cordyna.run.cancel.requested.v1',
  runRetryRequested: 'cordyna.run.retry.requested.v1',
  taskInvoked: EventType.taskInvoked,
  taskPublished: 'cordyna.task.published.v1',
  taskQueued: EventType.taskQueued,
  taskStarted: EventType.taskStarted,
  taskCompleted: EventType.taskCompleted,
  taskError: EventType.taskError,
  taskWaiting: 'cordyna.task.waiting.v1',
  taskExpanded: 'cordyna.task.expanded.v1',
  taskBlocked: EventType.taskBlocked,
  taskSkipped: EventType.taskSkipped,
  taskCancelled: EventType.taskCancelled,
} as const;
export type RowType = (typeof RowType)[keyof typeof RowType];

/** Each applied row carries the database's clock, epoch ms: the only clock of a run. */
interface Timed {
  readonly now: number;
}
interface Reported {
  readonly invocation: string;
  readonly instance: string;
}
type Outside = { readonly [task: string]: OutsideInput };

/** `data` of applied rows: all that `evolve` needs. */
export interface RowData {
  [RowType.runCreated]: Timed;
  [RowType.runFinished]: Timed & { readonly state: RunState };
  [RowType.runCancelRequested]: Timed;
  [RowType.runRetryRequested]: Timed;
  [RowType.taskInvoked]: Timed & { readonly invocation: string; readonly outside?: Outside };
  [RowType.taskPublished]: Timed;
  [RowType.taskQueued]: Timed & Reported;
  [RowType.taskStarted]: Timed & Reported;
  /** With `violations` the output is refused: the error follows in a row of its own. */
  [RowType.taskCompleted]: Timed & {
    readonly output: JsonObject;
    readonly instance?: string;
    readonly violations?: readonly string[];
  };
  [RowType.taskError]: Timed & {
    readonly error: TaskError;
    /** No attempt follows. */
    readonly final: boolean;
    /** Counts against `maxAttempts`. */
    readonly counted: boolean;
    readonly instance?: string;
  };
  [RowType.taskWaiting]: Timed & { readonly reason: string; readonly retryAt: number | null };
  [RowType.taskExpanded]: Timed & { readonly items: readonly Item['value'][]; readonly outside: Outside };
  [RowType.taskBlocked]: Timed & { readonly blockedBy: string };
  [RowType.taskSkipped]: Timed & { readonly reason: string | null };
  [RowType.taskCancelled]: Timed & { readonly reason: string };
}

/** Reasons of `pending` that others may look for. */
export const WAITING_FOR_UPSTREAM = 'waiting for upstream';
export const waitingForCapacity = (server: string): string => `waiting for capacity of ${server}`;
export const waitingForTopic = (server: string): string => `waiting for the command topic of ${server}`;
/** Of an element of a `forEach` with `concurrency` that has not been begun. */
export const WAITING_FOR_TURN = 'waiting for its turn';
/** Of the first that one decision has left to the next: the others that are left are as they were. */
export const ABOUT_TO_BEGIN = 'about to be invoked';
/** @param place as `placesOf` names it */
export const waitingForPlace = (place: string): string => `waiting for a place of ${place}`;

const LINES = ['waiting for capacity of ', 'waiting for the command topic of ', 'waiting for a place of '];
/** The line in which a task run with this reason stands: a server's, or that of a place under a limit; else null. */
export function lineOf(reason: string | null): string | null {
  // Asked for each time that anything of a task run changes.
  if (reason === null || reason === WAITING_FOR_UPSTREAM) return null;
  const found = LINES.find((beginning) => reason.startsWith(beginning));
  return found === undefined ? null : reason.slice(found.length);
}
/** A server's name has no dot; a place begins with a qualified task. */
export const isPlace = (line: string): boolean => line.includes('.');
/** Of the task itself, or of one of its keys. */
export const isPlaceOf = (line: string, task: string): boolean =>
  line === task || line.startsWith(`${task} (`);
