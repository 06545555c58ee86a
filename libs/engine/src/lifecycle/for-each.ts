import { MAX_ITEMS } from '@cordyna/protocol/model';
import type { TaskRun } from '../model/index.js';
import type { Draft } from './draft.js';
import { fail, ownError } from './fail.js';
import type { Taken } from './invoke.js';
import { elementsOf } from './lookup.js';
import type { DependencyOutput } from './outputs.js';
import { itemsOf, outputOf } from './outputs.js';
import { RowType } from './rows.js';
import { isBeforeItsTurn } from './turns.js';

/** Makes one task run per element of the source's list. True unless there is no list to go by. */
export function expandForEach(
  draft: Draft,
  task: TaskRun,
  outputs: readonly DependencyOutput[],
  taken: Taken,
): boolean {
  const source = draft.member(task).forEach as string;
  const items = itemsOf(source, outputs);
  if (!items || items.length > MAX_ITEMS) {
    const found = items ? `a list of ${items.length}` : 'no list';
    const message = `forEach needs the output of ${source} to be { "items": [ … ] } with at most ${MAX_ITEMS}, and there is ${found}`;
    fail(draft, task, { error: ownError('not_a_list', message), row: 'row', own: true });
    return false;
  }
  draft.row({
    type: RowType.taskExpanded,
    ...draft.about(task),
    data: { now: draft.now, source, items, ...taken },
  });
  if (items.length === 0) closeForEach(draft, draft.task(task.index));
  const { first, count } = draft.task(task.index).elements as NonNullable<TaskRun['elements']>;
  for (let index = first; index < first + count; index++)
    if (!isBeforeItsTurn(draft.task(index))) draft.queue.push(index);
  return true;
}

/** Ends a `forEach` as a whole once all its elements have ended. */
export function closeForEach(draft: Draft, whole: TaskRun): void {
  if (!whole.elements || whole.elementsOpen > 0) return;
  const elements = elementsOf(draft.run, whole.elements);
  const failed = elements.filter((element) => element.state !== 'completed');
  const worst = failed[0];
  if (worst && draft.member(whole).onError !== 'continue') {
    const why = worst.error ? `${worst.error.code}: ${worst.error.message}` : worst.state;
    const message = `${failed.length} of ${elements.length} elements failed, the first is element ${worst.item?.index} (${why})`;
    return fail(draft, whole, { error: ownError('elements_failed', message), row: 'row', own: true });
  }
  draft.row({ type: RowType.taskCompleted, ...draft.about(whole), data: { now: draft.now, output: {} } });
  const latest = { run: draft.run.seed.run, output: outputOf(draft.run, whole.index) };
  draft.writeFreshness({ task: draft.member(whole).task, latest });
}
