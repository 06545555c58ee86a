import type { Run, TaskRun } from '../model/index.js';
import type { Draft } from './draft.js';
import { wait } from './fail.js';
import { ABOUT_TO_BEGIN } from './rows.js';
import { isBeforeItsTurn } from './turns.js';

/**
 * After this long what was left is begun by the timer of retries, should the coordinator that left it not have gone on:
 * ms.
 */
const GO_ON_AFTER_MS = 2_000;

/** Pending for no other reason than capacity: nothing upstream is open, no retry and no turn is waited for. */
export const isReady = (task: TaskRun): boolean =>
  task.state === 'pending' && task.upstreamOpen === 0 && task.retryAt === null && !isBeforeItsTurn(task);

const isMark = ({ state, reason }: TaskRun): boolean => state === 'pending' && reason === ABOUT_TO_BEGIN;

/**
 * One decision begins so many at once (`World.portion`). What it leaves is ready and stays as it is, but for the first,
 * which is marked: another decision goes on, so that a wide graph is at work while the rest of it is still committed, and
 * holds up nobody else meanwhile. What has its turn in a `forEach` is not left: its reason is that of others that have not.
 */
export function isLeft(draft: Draft, task: TaskRun): boolean {
  if (!draft.hasBegunEnough || isBeforeItsTurn(task)) return false;
  if (!draft.isCutShort) {
    draft.isCutShort = true;
    wait(draft, task, ABOUT_TO_BEGIN, draft.origin.now + GO_ON_AFTER_MS);
  }
  return true;
}

/** What an earlier decision has left, in order; nothing in the common case that none has. */
export function leftIn(run: Run): readonly number[] {
  const marks: number[] = [];
  const ready: number[] = [];
  for (const task of run.tasks) {
    if (isMark(task)) marks.push(task.index);
    else if (isReady(task)) ready.push(task.index);
  }
  return marks.length === 0 ? [] : [...marks, ...ready];
}
