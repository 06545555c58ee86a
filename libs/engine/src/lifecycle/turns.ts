import type { Member, Run, TaskRun } from '../model/index.js';
import { WAITING_FOR_TURN } from './rows.js';

/**
 * Of a `forEach` with `concurrency`, so many elements have their turn at once, in the order of their index: from the first
 * look at them until they have ended, with retries and the waits between them.
 */
export const isBeforeItsTurn = ({ state, reason }: Pick<TaskRun, 'state' | 'reason'>): boolean =>
  state === 'pending' && reason === WAITING_FOR_TURN;

/** Why an element is pending when `before` others of its list that are open come first. */
export const turnReason = ({ concurrency }: Member, before: number): string | null =>
  concurrency !== undefined && before >= concurrency ? WAITING_FOR_TURN : null;

/** The element that has its turn now that another one has ended; null when none waits for it. */
export function nextTurn(
  run: Run,
  { elements, elementsOpen }: TaskRun,
  { concurrency }: Member,
  isGiven: (index: number) => boolean,
): number | null {
  if (concurrency === undefined || elements === null) return null;
  const { first, count } = elements;
  // Without a retry of the run all that ended lies before those that wait: this saves looking at it again each time.
  const begun = run.retried ? 0 : concurrency - 1 + count - elementsOpen;
  for (let index = first + begun; index < first + count; index += 1)
    if (isBeforeItsTurn(run.tasks.at(index)) && !isGiven(index)) return index;
  return null;
}
