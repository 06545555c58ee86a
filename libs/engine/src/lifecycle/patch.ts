import { isFinalTaskState } from '@cordyna/protocol/model';
import { copyOfRun, copyOfTask } from '../model/index.js';
import type { Member, Run, TaskRun } from '../model/index.js';

/**
 * The run with one task run replaced, and all that is derived from it kept in step: what is open, what its dependents or
 * its `forEach` as a whole still wait for, and the index of invocations.
 */
export function patch(run: Run, before: TaskRun, after: TaskRun, nextSeq: number): Run {
  const delta = openness(after) - openness(before);
  const tasks = delta === 0 ? run.tasks.with(after) : withWaiting(run, after, delta);
  const next = copyOfRun(run);
  next.nextSeq = nextSeq;
  next.tasks = tasks;
  next.open += delta;
  next.invocations = reindex(run, before, after);
  return next;
}

const openness = (task: TaskRun): number => (isFinalTaskState(task.state) ? 0 : 1);

/** It has ended, or begins again: so many more do the members downstream wait for, or of an element the `forEach` as a whole. */
const withWaiting = ({ tasks, seed }: Run, after: TaskRun, delta: number): Run['tasks'] =>
  after.item === null
    ? tasks.withAll(after, (seed.plan.members[after.member] as Member).downstream, (task) => {
        const next = copyOfTask(task);
        next.upstreamOpen += delta;
        return next;
      })
    : tasks.withAll(after, [after.member], (task) => {
        const next = copyOfTask(task);
        next.elementsOpen += delta;
        return next;
      });

function reindex(run: Run, before: TaskRun, after: TaskRun): Run['invocations'] {
  if (before.invocation === after.invocation || after.invocation === null) return run.invocations;
  const kept = before.invocation === null ? run.invocations : run.invocations.without(before.invocation);
  return kept.with(after.invocation, after.index);
}
