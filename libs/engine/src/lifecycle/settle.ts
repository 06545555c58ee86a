import type { RunState, TaskState } from '@cordyna/protocol/model';
import { TASK_STATES } from '@cordyna/protocol/model';
import type { Run, TaskRun } from '../model/index.js';
import type { Draft } from './draft.js';
import { closeForEach, expandForEach } from './for-each.js';
import { fail, ownError, wait } from './fail.js';
import { consumption, outsideInputs } from './freshness.js';
import { invoke, prepare } from './invoke.js';
import { dependencyOutputs } from './outputs.js';
import { missingPlace } from './places.js';
import { isLeft } from './portions.js';
import { RowType, waitingForCapacity, waitingForPlace, waitingForTopic } from './rows.js';

/** Goes on with all that the decision has made possible, until nothing more is, and ends the run with its last task. */
export function settle(draft: Draft): void {
  // A list's iteration goes on to what is added meanwhile.
  for (const index of draft.queue) {
    const task = draft.task(index);
    if (task.state === 'started') closeForEach(draft, task);
    else if (task.state === 'pending') begin(draft, task);
  }
  if (draft.run.state === 'running' && draft.run.open === 0) finish(draft, null);
}

/** Begins a pending task run, or says why it does not. */
function begin(draft: Draft, task: TaskRun): void {
  const member = draft.member(task);
  // Of thousands that wait for one server, those that there is no place for are not looked at again.
  if (task.reason === draft.heldFor(member.server)) return;
  if (task.item === null && endsWithUpstream(draft, task)) return;
  if (isLeft(draft, task)) return;
  if (!draft.world.declared(member.task)) {
    const error = ownError(
      'server_withdrawn',
      `${member.server} was withdrawn before ${member.task} was invoked`,
    );
    return fail(draft, task, { error, row: 'row', own: true });
  }
  const first = task.item === null && task.attempt === 0;
  const found = first ? outsideInputs(draft, member) : { outside: draft.task(task.member).outside };
  if ('stale' in found) {
    skip(draft, task, `waiting for ${found.stale}`);
    // So that of two concurrent decisions about this task the second sees the first.
    return draft.writeFreshness({ task: member.task });
  }
  const { outside } = found;
  const expands = member.forEach !== null && task.item === null;
  const held = expands ? null : heldBy(draft, member.server);
  if (held !== null) return wait(draft, task, held, null);
  const consumed = first ? consumption(draft, member, outside) : null;
  const outputs = dependencyOutputs(draft.run, member, outside);
  const prepared = expands ? null : prepare(draft, task, outputs);
  const place = prepared ? missingPlace(draft, member, prepared.args) : null;
  if (place !== null) return wait(draft, task, waitingForPlace(place), null);
  const began = prepared
    ? invoke(draft, task, prepared, first ? { outside, consumed } : null)
    : expandForEach(draft, task, outputs, { outside, consumed });
  if (began && consumed) draft.writeFreshness({ task: member.task, consumed });
}

/** What about the server keeps a task run that is ready from being invoked; null when nothing does. */
function heldBy(draft: Draft, server: string): string | null {
  const isReachable = draft.world.reachable(server);
  if (isReachable && draft.hasCapacity(server)) return null;
  const reason = isReachable ? waitingForCapacity(server) : waitingForTopic(server);
  draft.hold(server, reason);
  return reason;
}

/** Blocked or skipped because of something upstream; the first in declared order says why. */
function endsWithUpstream(draft: Draft, task: TaskRun): boolean {
  let skipped: TaskRun | null = null;
  for (const index of draft.member(task).upstream) {
    const before = draft.task(index);
    if (before.state === 'completed') continue;
    if (before.state !== 'skipped') {
      block(draft, task, before.blockedBy ?? draft.member(before).task);
      return true;
    }
    skipped ??= before;
  }
  if (skipped) skip(draft, task, skipped.reason);
  return skipped !== null;
}

function block(draft: Draft, task: TaskRun, blockedBy: string): void {
  const { run } = draft.run.seed;
  const about = draft.about(task);
  const reason = `blocked by ${blockedBy}`;
  const seq = draft.row({ type: RowType.taskBlocked, ...about, reason, data: { now: draft.now, blockedBy } });
  draft.fact(seq, RowType.taskBlocked, draft.member(task).task, { run, task: about.task, blockedBy });
}

function skip(draft: Draft, task: TaskRun, reason: string | null): void {
  const { run } = draft.run.seed;
  const about = draft.about(task);
  const seq = draft.row({ type: RowType.taskSkipped, ...about, reason, data: { now: draft.now, reason } });
  draft.fact(seq, RowType.taskSkipped, draft.member(task).task, { run, task: about.task, reason });
}

const NO_COUNTS = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>;

/** How many task runs, elements of a `forEach` included, are in each state. */
export function counts(run: Run): { readonly [state in TaskState]: number } {
  const found: Record<TaskState, number> = { ...NO_COUNTS };
  for (const task of run.tasks) found[task.state] += 1;
  return found;
}

/** Ends the run: `failed` when anything ended in error, else `completed`; or as `state` says. */
export function finish(draft: Draft, state: RunState | null): void {
  const found = counts(draft.run);
  const ending = state ?? (found.error > 0 ? 'failed' : 'completed');
  const { run, trigger } = draft.run.seed;
  const data = { state: ending, counts: found, trigger };
  const about = { type: RowType.runFinished, task: null, item: null, attempt: null };
  const seq = draft.row({ ...about, data: { now: draft.now, ...data } });
  draft.fact(seq, RowType.runFinished, run, { run, ...data });
}
