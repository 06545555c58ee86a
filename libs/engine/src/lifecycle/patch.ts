import { isFinalTaskState } from '@cordyna/protocol/model';
import type { Run, TaskRun } from '../model/index.js';
import { memberOf } from './lookup.js';

/**
 * The run with one task run replaced, and all that is derived from it kept in step: what is open, what its dependents or
 * its `forEach` as a whole still wait for, and the index of invocations.
 */
export function patch(run: Run, before: TaskRun, after: TaskRun, nextSeq: number): Run {
  const delta = openness(after) - openness(before);
  let tasks = run.tasks.with(after);
  for (const waiting of delta === 0 ? NOBODY : waitingFor(run, after)) {
    const task = tasks.at(waiting);
    tasks = tasks.with(
      after.item === null
        ? { ...task, upstreamOpen: task.upstreamOpen + delta }
        : { ...task, elementsOpen: task.elementsOpen + delta },
    );
  }
  return { ...run, nextSeq, tasks, open: run.open + delta, invocations: reindex(run, before, after) };
}

const NOBODY: readonly number[] = [];

const openness = (task: TaskRun): number => (isFinalTaskState(task.state) ? 0 : 1);

/** Members downstream, or of an element the `forEach` as a whole. */
const waitingFor = (run: Run, task: TaskRun): readonly number[] =>
  task.item === null ? memberOf(run, task).downstream : [task.member];

function reindex(run: Run, before: TaskRun, after: TaskRun): Run['invocations'] {
  if (before.invocation === after.invocation || after.invocation === null) return run.invocations;
  const kept = before.invocation === null ? run.invocations : run.invocations.without(before.invocation);
  return kept.with(after.invocation, after.index);
}
