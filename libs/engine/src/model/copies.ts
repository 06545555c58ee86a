import type { Run, TaskRun } from './run.js';

type Open<T> = { -readonly [Field in keyof T]: T[Field] };
/** A copy that nobody else has yet. */
export type OpenTaskRun = Open<TaskRun>;
export type OpenRun = Open<Run>;

/*
 * All fields are written out, in the order of those that `initialRun` makes, so that all task runs and all runs have one
 * shape. V8 gives each `{ ...task }` a shape of its own; what is copied again and again soon has one that no code expects
 * any more, and a copy takes 6 µs and a kilobyte instead of 0.06 µs and 200 bytes.
 */

export const copyOfTask = (task: TaskRun): OpenTaskRun => ({
  index: task.index,
  member: task.member,
  item: task.item,
  state: task.state,
  reason: task.reason,
  blockedBy: task.blockedBy,
  attempt: task.attempt,
  failures: task.failures,
  invocation: task.invocation,
  deadlineAt: task.deadlineAt,
  deadlineKind: task.deadlineKind,
  retryAt: task.retryAt,
  instance: task.instance,
  pastHolders: task.pastHolders,
  invokedAt: task.invokedAt,
  queuedAt: task.queuedAt,
  startedAt: task.startedAt,
  finishedAt: task.finishedAt,
  output: task.output,
  error: task.error,
  outside: task.outside,
  upstreamOpen: task.upstreamOpen,
  elementsOpen: task.elementsOpen,
  elements: task.elements,
});

export const copyOfRun = (run: Run): OpenRun => ({
  seed: run.seed,
  state: run.state,
  createdAt: run.createdAt,
  finishedAt: run.finishedAt,
  nextSeq: run.nextSeq,
  retried: run.retried,
  tasks: run.tasks,
  open: run.open,
  invocations: run.invocations,
});
