import type { CerebroErrorCode } from '@cordyna/protocol/model';
import type { DeadlineKind, Input, TaskRun } from '../model/index.js';
import { deadlinePassed } from '../watchdog/rules.js';
import type { Draft, Entry } from './draft.js';
import { fail, ownError } from './fail.js';
import { findByInvocation } from './lookup.js';
import { RowType } from './rows.js';
import { TABLE } from './table.js';
import type { Signal } from './table.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

const TIMEOUTS: {
  readonly [K in DeadlineKind]: {
    readonly code: CerebroErrorCode;
    readonly missing: string;
    readonly limit: 'ackMs' | 'startMs' | 'completeMs';
  };
} = {
  ack: { code: 'ack_timeout', missing: 'neither queued nor started', limit: 'ackMs' },
  start: { code: 'start_timeout', missing: 'queued and not started', limit: 'startMs' },
  complete: { code: 'completion_timeout', missing: 'started and not ended', limit: 'completeMs' },
};

/** Kafka has taken the invoke: the deadline for its acknowledgement begins. Of no interest in any other state. */
export function published(draft: Draft, { invocation }: InputOf<'published'>): void {
  const task = findByInvocation(draft.run, invocation);
  const refused = task ? refusal(task, 'published') : 'it is not a present invocation';
  if (!task || refused !== null) return draft.ignore(refused as string);
  if (task.deadlineAt !== null) return draft.ignore('its publication is known');
  draft.input({ type: RowType.taskPublished, ...draft.about(task), data: { now: draft.now, invocation } });
}

/** The watchdog proposes a timeout; it fires only for the deadline that is running, and has passed for certain. */
export function deadline(draft: Draft, input: InputOf<'deadline'>): void {
  const { code, missing, limit } = TIMEOUTS[input.deadline];
  const task = findByInvocation(draft.run, input.invocation);
  const ms = task ? draft.member(task).timeouts[limit] : null;
  const error = ownError(code, `${missing} within ${ms} ms`, true);
  const data = { invocation: input.invocation, error, deadlineAt: task?.deadlineAt ?? null };
  const signal = `${input.deadline}-deadline` as const;
  const running = propose(draft, task, signal, data);
  if (!running) return;
  if (!deadlinePassed(running.deadlineAt, input.watermark))
    return draft.refuse(entryOf(draft, running, data), 'the deadline has not passed for certain');
  fail(draft, running, { error, row: 'input', own: true, stop: true, data });
}

/** The instance that holds the attempt is gone. */
export function serverLost(draft: Draft, input: InputOf<'server-lost'>): void {
  const { invocation, instance } = input;
  const task = findByInvocation(draft.run, invocation);
  const error = ownError('server_lost', `the instance ${instance} that held it is gone`, true);
  const data = { invocation, error };
  const held = propose(draft, task, 'server-lost', data);
  if (!held) return;
  if (held.instance !== instance)
    return draft.refuse(entryOf(draft, held, data), `the attempt is on the instance ${held.instance}`);
  fail(draft, held, { error, row: 'input', own: true, stop: true, data });
}

/** The task run when the table allows the signal; else the proposal is refused. */
function propose(draft: Draft, task: TaskRun | undefined, signal: Signal, data: object): TaskRun | null {
  const reason = task ? refusal(task, signal) : 'it is not a present invocation';
  if (task && reason === null) return task;
  draft.refuse(entryOf(draft, task, data), reason as string);
  return null;
}

function refusal(task: TaskRun, signal: Signal): string | null {
  const outcome = TABLE[task.state][signal];
  return 'refused' in outcome ? `${outcome.refused}: the task is ${task.state}` : null;
}

const entryOf = (draft: Draft, task: TaskRun | undefined, data: object): Entry => ({
  type: RowType.taskError,
  ...(task ? draft.about(task) : { task: null, item: null, attempt: null }),
  data,
});
