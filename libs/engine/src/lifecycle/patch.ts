import { isFinalTaskState } from '@cordyna/protocol/model';
import type { Member, Run, TaskRun } from '../model/index.js';

/**
 * The run with one task run replaced, and all that is derived from it kept in step: what is open, what its dependents or
 * its `forEach` as a whole still wait for, and the index of invocations.
 */
export function patch(run: Run, before: TaskRun, after: TaskRun, nextSeq: number): Run {
  const delta = openness(after) - openness(before);
  const tasks = delta === 0 ? run.tasks.with(after) : withWaiting(run, after, delta);
  return { ...run, nextSeq, tasks, open: run.open + delta, invocations: reindex(run, before, after) };
}

const openness = (task: TaskRun): number => (isFinalTaskState(task.state) ? 0 : 1);

/** It has ended, or begins again: so many more do the members downstream wait for, or of an element the `forEach` as a whole. */
const withWaiting = ({ tasks, seed }: Run, after: TaskRun, delta: number): Run['tasks'] =>
  after.item === null
    ? tasks.withAll(after, (seed.plan.members[after.member] as Member).downstream, (task) => ({
        ...task,
        upstreamOpen: task.upstreamOpen + delta,
      }))
    : tasks.withAll(after, [after.member], (task) => ({
        ...task,
        elementsOpen: task.elementsOpen + delta,
      }));

function reindex(run: Run, before: TaskRun, after: TaskRun): Run['invocations'] {
  if (before.invocation === after.invocation || after.invocation === null) return run.invocations;
  const kept = before.invocation === null ? run.invocations : run.invocations.without(before.invocation);
  return kept.with(after.invocation, after.index);
}
