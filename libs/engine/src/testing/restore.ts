import { isFinalTaskState } from '@cordyna/protocol/model';
import { copyOfTask, InvocationIndex, TaskList } from '../model/index.js';
import type { Member, Run, RunSeed, TaskRun } from '../model/index.js';

/** A task run without what is derived. */
export type BareTaskRun = Omit<TaskRun, 'upstreamOpen' | 'elementsOpen'>;

/** A run's own fields without what is derived. */
export type BareRun = Pick<Run, 'state' | 'createdAt' | 'finishedAt' | 'nextSeq' | 'retried'>;

/**
 * A run with everything derived computed from the rest, not step by step: exactly what `step` had returned.
 * @param tasks in order of `index`
 */
export function restore(seed: RunSeed, bare: BareRun, tasks: readonly BareTaskRun[]): Run {
  const isOpen = (index: number): boolean => !isFinalTaskState((tasks[index] as BareTaskRun).state);
  const countOpen = (indexes: readonly number[]): number => indexes.filter(isOpen).length;
  let invocations = InvocationIndex.empty;
  const complete = tasks.map((task): TaskRun => {
    if (task.invocation !== null) invocations = invocations.with(task.invocation, task.index);
    const { first, count } = task.elements ?? { first: 0, count: 0 };
    const upstream = task.item === null ? (seed.plan.members[task.member] as Member).upstream : [];
    return copyOfTask({
      ...task,
      upstreamOpen: countOpen(upstream),
      elementsOpen: countOpen(Array.from({ length: count }, (_, at) => first + at)),
    });
  });
  return {
    seed,
    state: bare.state,
    createdAt: bare.createdAt,
    finishedAt: bare.finishedAt,
    nextSeq: bare.nextSeq,
    retried: bare.retried,
    tasks: TaskList.of(complete),
    open: complete.filter((task) => isOpen(task.index)).length,
    invocations,
  };
}
