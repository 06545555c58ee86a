import { copyOfRun, copyOfTask } from '../model/index.js';
import type { HistoryRow, Member, OpenRun, OpenTaskRun, Run, TaskRun } from '../model/index.js';
import { pendingTask } from './initial.js';
import { locate, memberOf } from './lookup.js';
import { patch } from './patch.js';
import { RowType, WAITING_FOR_UPSTREAM } from './rows.js';
import type { RowData } from './rows.js';
import { allows } from './table.js';
import { turnReason } from './turns.js';

export interface Evolved {
  readonly run: Run;
  /** Task runs whose stored fields changed. */
  readonly touched: readonly number[];
}
type Change<T extends RowType> = (run: Run, data: RowData[T], index: number, row: HistoryRow) => Evolved;
type Next<T extends RowType> = (task: OpenTaskRun, data: RowData[T], member: Member, row: HistoryRow) => void;

const NOTHING: readonly number[] = [];
const NO_HOLDERS: TaskRun['pastHolders'] = [];

function end(task: OpenTaskRun): void {
  task.deadlineAt = null;
  task.deadlineKind = null;
  task.retryAt = null;
  task.reason = null;
}

/** What it is before its first attempt, but for its state. */
function renew(task: OpenTaskRun): void {
  end(task);
  task.blockedBy = null;
  task.failures = 0;
  task.instance = null;
  task.pastHolders = NO_HOLDERS;
  task.invokedAt = null;
  task.queuedAt = null;
  task.finishedAt = null;
  task.output = null;
  task.error = null;
}

const changesTask =
  <T extends RowType>(next: Next<T>): Change<T> =>
  (run, data, index, row) => {
    const task = run.tasks.at(index);
    const after = copyOfTask(task);
    next(after, data, memberOf(run, task), row);
    return { run: patch(run, task, after, row.seq + 1), touched: [index] };
  };

/** What this row leaves of the run, but for what the row says. */
function counted(run: Run, { seq }: HistoryRow): OpenRun {
  const after = copyOfRun(run);
  after.nextSeq = seq + 1;
  return after;
}

const changesRun =
  <T extends RowType>(next: (run: OpenRun, data: RowData[T]) => void): Change<T> =>
  (run, data, _index, row) => {
    const after = counted(run, row);
    next(after, data);
    return { run: after, touched: NOTHING };
  };

/** Who held the attempt before this one, when somebody else did. */
function holdersBefore(holder: string | null, { state, instance, pastHolders }: TaskRun) {
  const isTakenOver = (state === 'queued' || state === 'started') && instance !== null && instance !== holder;
  return isTakenOver ? [...pastHolders, { instance, state }] : pastHolders;
}

function take(holder: string | null, task: OpenTaskRun): void {
  task.pastHolders = holdersBefore(holder, task);
  task.instance = holder;
}

/** What each applied row changes: the only place that changes a run. What it is given is a copy of its own. */
const CHANGES: { readonly [T in RowType]: Change<T> } = {
  [RowType.runCreated]: changesRun((run, { now }) => {
    run.createdAt = now;
  }),
  [RowType.runFinished]: changesRun((run, { now, state }) => {
    run.state = state;
    run.finishedAt = now;
  }),
  [RowType.runCancelRequested]: changesRun(() => undefined),
  [RowType.runRetryRequested]: (run, _data, _index, row) => {
    const after = counted(run, row);
    after.state = 'running';
    after.finishedAt = null;
    after.retried = true;
    return resetEnded(after);
  },
  [RowType.taskInvoked]: changesTask((task, { now, invocation, outside }, _member, row) => {
    end(task);
    task.state = 'invoked';
    task.blockedBy = null;
    task.attempt = row.attempt ?? task.attempt;
    task.invocation = invocation;
    task.instance = null;
    task.pastHolders = NO_HOLDERS;
    task.invokedAt = now;
    task.queuedAt = null;
    task.startedAt = null;
    task.finishedAt = null;
    task.output = null;
    task.error = null;
    task.outside = outside ?? task.outside;
  }),
  [RowType.taskPublished]: changesTask((task, { now }, { timeouts }) => {
    task.deadlineAt = now + timeouts.ackMs;
    task.deadlineKind = 'ack';
  }),
  // Of one that is as far already, another instance takes over, and the deadline stays.
  [RowType.taskQueued]: changesTask((task, { now, instance }, { timeouts }) => {
    if (task.state !== 'invoked') return take(instance, task);
    task.state = 'queued';
    task.instance = instance;
    task.queuedAt = now;
    task.deadlineAt = now + timeouts.startMs;
    task.deadlineKind = 'start';
  }),
  [RowType.taskStarted]: changesTask((task, { now, instance }, { timeouts }) => {
    const isBegun = task.state === 'started';
    take(instance, task);
    if (isBegun) return;
    task.state = 'started';
    task.startedAt = now;
    task.deadlineAt = now + timeouts.completeMs;
    task.deadlineKind = 'complete';
  }),
  [RowType.taskCompleted]: (run, data, index, row) =>
    data.violations ? { run: counted(run, row), touched: NOTHING } : complete(run, data, index, row),
  [RowType.taskError]: changesTask((task, { now, error, final, counted, instance }) => {
    end(task);
    task.state = final ? 'error' : 'pending';
    task.error = error;
    task.failures += counted ? 1 : 0;
    task.instance = instance ?? task.instance;
    task.finishedAt = final ? now : null;
  }),
  [RowType.taskWaiting]: changesTask((task, { reason, retryAt }) => {
    task.reason = reason;
    task.retryAt = retryAt;
  }),
  [RowType.taskExpanded]: expand,
  [RowType.taskBlocked]: changesTask((task, { now, blockedBy }) => {
    end(task);
    task.state = 'blocked';
    task.blockedBy = blockedBy;
    task.finishedAt = now;
  }),
  [RowType.taskSkipped]: changesTask((task, { now, reason }) => {
    end(task);
    task.state = 'skipped';
    task.reason = reason;
    task.finishedAt = now;
  }),
  [RowType.taskCancelled]: changesTask((task, { now, reason }) => {
    end(task);
    task.state = 'cancelled';
    task.reason = reason;
    task.finishedAt = now;
  }),
};

const complete = changesTask<typeof RowType.taskCompleted>((task, { now, output, instance }) => {
  end(task);
  task.state = 'completed';
  task.output = output;
  task.error = null;
  task.instance = instance ?? task.instance;
  // A completion without `started` implies it.
  task.startedAt ??= now;
  task.finishedAt = now;
});

function expand(
  run: Run,
  data: RowData[typeof RowType.taskExpanded],
  index: number,
  row: HistoryRow,
): Evolved {
  const first = run.tasks.length;
  const { items, outside, now } = data;
  const before = run.tasks.at(index);
  const member = memberOf(run, before);
  const elements = items.map((value, at) => {
    const element: OpenTaskRun = pendingTask(first + at, index, { index: at, value }, 0);
    element.reason = turnReason(member, at);
    return element;
  });
  const whole = copyOfTask(before);
  end(whole);
  whole.state = 'started';
  whole.startedAt = now;
  whole.outside = outside;
  whole.elements = { first, count: items.length };
  whole.elementsOpen = items.length;
  const tasks = run.tasks.with(whole).concat(elements);
  const touched = [index, ...elements.map((element) => element.index)];
  const after = counted(run, row);
  after.tasks = tasks;
  after.open = run.open + items.length;
  return { run: after, touched };
}

/** Retry of the run: what failed, was blocked or cancelled begins again; an expanded `forEach` keeps its elements. */
function resetEnded(run: Run): Evolved {
  const touched: number[] = [];
  const open = new Map<number, number>();
  let next = run;
  for (const task of run.tasks) {
    if (!allows(task.state, 'retry')) continue;
    touched.push(task.index);
    const before = open.get(task.member) ?? 0;
    if (task.item !== null) open.set(task.member, before + 1);
    const reason = waitsAgain(memberOf(run, task), task, before);
    const begun = next.tasks.at(task.index);
    const after = copyOfTask(begun);
    renew(after);
    if (task.elements) after.state = 'started';
    else {
      after.state = 'pending';
      after.startedAt = null;
      after.reason = reason;
    }
    next = patch(next, begun, after, next.nextSeq);
  }
  return { run: next, touched };
}

function waitsAgain(member: Member, { item }: TaskRun, before: number): string | null {
  if (item !== null) return turnReason(member, before);
  return member.upstream.length > 0 ? WAITING_FOR_UPSTREAM : null;
}

/** Types of rows come from outside, too: `toString` is none. */
const CHANGES_BY_TYPE = new Map<string, Change<RowType>>(
  Object.entries(CHANGES) as [string, Change<RowType>][],
);

/**
 * Applies one history row. A refused row, and one of a type that changes nothing, only moves `nextSeq`.
 * @param known position of the task run that it speaks of, when that was looked up before
 * @throws RangeError for a row of another run
 */
export function apply(run: Run, row: HistoryRow, known?: number): Evolved {
  const change = row.applied ? CHANGES_BY_TYPE.get(row.type) : undefined;
  if (!change) return { run: counted(run, row), touched: NOTHING };
  const index = known ?? (row.task === null ? -1 : locate(run, row.task, row.item));
  return change(run, row.data as never, index, row);
}

/** The run after one history row. */
export const evolve = (run: Run, row: HistoryRow): Run => apply(run, row).run;
