import { isFinalTaskState } from '@cordyna/protocol/model';
import type { Item } from '@cordyna/protocol/model';
import { copyOfTask, InvocationIndex, TaskList } from '../model/index.js';
import type { Member, OpenTaskRun, Run, RunSeed, StoredRun, StoredTaskRun, TaskRun } from '../model/index.js';
import { WAITING_FOR_UPSTREAM } from './rows.js';

const NO_HOLDERS: TaskRun['pastHolders'] = [];
const NOTHING_OUTSIDE: TaskRun['outside'] = {};

/** A task run that nothing has happened to. */
export const pendingTask = (
  index: number,
  member: number,
  item: Item | null,
  upstream: number,
): OpenTaskRun => ({
  index,
  member,
  item,
  state: 'pending',
  reason: upstream > 0 ? WAITING_FOR_UPSTREAM : null,
  blockedBy: null,
  attempt: 0,
  failures: 0,
  invocation: null,
  deadlineAt: null,
  deadlineKind: null,
  retryAt: null,
  instance: null,
  pastHolders: NO_HOLDERS,
  invokedAt: null,
  queuedAt: null,
  startedAt: null,
  finishedAt: null,
  output: null,
  error: null,
  outside: NOTHING_OUTSIDE,
  upstreamOpen: upstream,
  elementsOpen: 0,
  elements: null,
});

/** The run before its first history row. */
export function initialRun(seed: RunSeed): Run {
  const { members } = seed.plan;
  return {
    seed,
    state: 'running',
    createdAt: 0,
    finishedAt: null,
    nextSeq: 1,
    retried: false,
    tasks: TaskList.of(
      members.map(({ index, upstream }) => pendingTask(index, index, null, upstream.length)),
    ),
    open: members.length,
    invocations: InvocationIndex.empty,
  };
}

/**
 * A run from its stored fields, with everything derived computed: exactly what `step` had returned.
 * @param tasks in order of `index`
 */
export function restore(seed: RunSeed, stored: StoredRun, tasks: readonly StoredTaskRun[]): Run {
  const isOpen = (index: number): boolean => !isFinalTaskState((tasks[index] as StoredTaskRun).state);
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
    state: stored.state,
    createdAt: stored.createdAt,
    finishedAt: stored.finishedAt,
    nextSeq: stored.nextSeq,
    retried: stored.retried,
    tasks: TaskList.of(complete),
    open: complete.filter((task) => isOpen(task.index)).length,
    invocations,
  };
}
