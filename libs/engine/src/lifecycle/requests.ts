import type { Input } from '../model/index.js';
import type { Draft, Entry } from './draft.js';
import { endAttempt, fail, ownError } from './fail.js';
import { isReady, leftIn } from './portions.js';
import { RowType } from './rows.js';
import { finish } from './settle.js';
import { TABLE, allows } from './table.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;
const aboutRun = { task: null, item: null, attempt: null } as const;

/** Ends everything unfinished, and the run, at once. */
export function cancel(draft: Draft, { reason }: InputOf<'cancel'>): void {
  const entry: Entry = { type: RowType.runCancelRequested, ...aboutRun, data: { reason } };
  const { state, seed } = draft.run;
  if (state !== 'running') return draft.refuse(entry, `the run is ${state}`);
  draft.input({ ...entry, reason, data: { now: draft.now, reason } });
  for (const task of draft.run.tasks) {
    if (!allows(task.state, 'cancel')) continue;
    endAttempt(draft, task, reason);
    const about = draft.about(task);
    const seq = draft.row({
      type: RowType.taskCancelled,
      ...about,
      reason,
      data: { now: draft.now, reason },
    });
    const data = { run: seed.run, task: about.task, item: task.item, reason };
    draft.fact(seq, RowType.taskCancelled, draft.member(task).task, data);
  }
  finish(draft, 'cancelled');
}

/** Begins again what failed, was blocked or cancelled; attempts count on, their budget is fresh. */
export function retry(draft: Draft): void {
  const entry: Entry = { type: RowType.runRetryRequested, ...aboutRun, data: {} };
  const { state } = draft.run;
  if (state !== 'failed' && state !== 'cancelled')
    return draft.refuse(entry, `the run is ${state}: only a failed or cancelled run can be retried`);
  draft.input({ ...entry, data: { now: draft.now } });
  for (const task of draft.run.tasks) if (isReady(task)) draft.queue.push(task.index);
}

/** The server of these tasks is withdrawn: what is not invoked ends in error, what is goes on. */
export function withdrawn(draft: Draft, { server }: InputOf<'withdrawn'>): void {
  // The mark of what was left may be on one of them.
  draft.queue.push(...leftIn(draft.run));
  for (const task of draft.run.tasks) {
    const member = draft.member(task);
    if (member.server !== server || draft.world.declared(member.task)) continue;
    if ('refused' in TABLE[task.state].withdrawn) continue;
    const error = ownError('server_withdrawn', `${server} was withdrawn before ${member.task} was invoked`);
    fail(draft, task, { error, row: 'row', own: true });
  }
}

/** Looks again at retries that are due, and at what an earlier decision has left. */
export function retryDue(draft: Draft): void {
  const { now } = draft.origin;
  draft.queue.push(...leftIn(draft.run));
  for (const task of draft.run.tasks) {
    if (task.state === 'pending' && task.retryAt !== null && task.retryAt <= now)
      draft.queue.push(task.index);
  }
}

/** Looks again at what waits for capacity. */
export function capacity(draft: Draft): void {
  for (const task of draft.run.tasks) if (isReady(task)) draft.queue.push(task.index);
}
