import type { Item } from '@cordyna/protocol/model';
import { InvocationIndex, TaskList } from '../model/index.js';
import type { OpenTaskRun, Run, RunSeed, TaskRun } from '../model/index.js';
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
