import { EventType, isFinalTaskState } from '@cordyna/protocol/model';
import type { TaskState } from '@cordyna/protocol/model';
import type { HistoryEntry } from './evidence.js';

/** What the history says of a task so far. */
export interface Folded {
  state: TaskState;
  attempt: number;
  invocation: string | null;
  /** Who has the attempt, by what was said last. */
  instance: string | null;
}

const EXPANDED = 'cordyna.task.expanded.v1';
const PUBLISHED = 'cordyna.task.published.v1';
const WAITING = 'cordyna.task.waiting.v1';

const GOING: readonly TaskState[] = ['invoked', 'queued', 'started'];
const OPEN: readonly TaskState[] = ['pending', ...GOING];

interface Transition {
  readonly from: readonly TaskState[];
  /** Null: the state stays. */
  readonly to: TaskState | null;
}

/** The transitions of the protocol page, by what is told. An error that is not final leads to `pending`. */
const TRANSITIONS: Readonly<Record<string, Transition>> = {
  [EventType.taskInvoked]: { from: ['pending'], to: 'invoked' },
  [PUBLISHED]: { from: ['invoked'], to: null },
  [EventType.taskQueued]: { from: ['invoked'], to: 'queued' },
  [EventType.taskStarted]: { from: ['invoked', 'queued'], to: 'started' },
  [EventType.taskCompleted]: { from: GOING, to: 'completed' },
  [EventType.taskError]: { from: OPEN, to: 'error' },
  [WAITING]: { from: ['pending'], to: null },
  [EXPANDED]: { from: ['pending'], to: 'started' },
  [EventType.taskBlocked]: { from: ['pending'], to: 'blocked' },
  [EventType.taskSkipped]: { from: ['pending'], to: 'skipped' },
  [EventType.taskCancelled]: { from: OPEN, to: 'cancelled' },
};

/** With the right lease it counts whichever instance says it: another one that has the attempt, too, sets it back nowhere. */
const takesOver = (
  { state, instance: holder }: Folded,
  type: string,
  instance: string | undefined,
): boolean =>
  holder !== null &&
  instance !== undefined &&
  instance !== holder &&
  (type === EventType.taskQueued
    ? state === 'queued' || state === 'started'
    : type === EventType.taskStarted && state === 'started');

/** Takes in an applied row about a task. Gives what is wrong with it, or null. */
export function take(task: Folded, { type, attempt, data }: HistoryEntry): string | null {
  const transition = TRANSITIONS[type];
  if (!transition) return `${type} is not known`;
  const { from, to } = transition;
  const before = task.state;
  const { invocation, instance, final, violations } = data as {
    invocation?: string;
    instance?: string;
    final?: boolean;
    violations?: unknown;
  };
  const isTakenOver = takesOver(task, type, instance);
  if (instance !== undefined) task.instance = instance;
  if (isTakenOver) return null;
  // An output that is refused ends nothing by itself: the error follows.
  if (type === EventType.taskCompleted && violations !== undefined) return null;
  const next = type === EventType.taskError && final !== true ? 'pending' : to;
  if (next !== null) task.state = next;
  if (type === EventType.taskInvoked) {
    const expected = task.attempt + 1;
    task.attempt = attempt ?? 0;
    task.invocation = invocation ?? null;
    task.instance = null;
    if (attempt !== expected) return `attempt ${attempt} is invoked where ${expected} is next`;
  }
  if (from.includes(before)) return null;
  return `${type} while it is ${before}${isFinalTaskState(before) ? ', which is final' : ''}`;
}
