import { MAX_VALUE_BYTES } from '@cordyna/protocol/model';
import type { JsonObject } from '@cordyna/protocol/model';
import type { MergedArgs } from '../args/merge-args.js';
import { exceeds, jsonBytes } from '../json/size.js';
import type { OutsideInput, TaskRun } from '../model/index.js';
import type { Draft } from './draft.js';
import { fail, ownError } from './fail.js';
import type { DependencyOutput } from './outputs.js';
import { inputsOf, invocationArgs, withoutItems } from './outputs.js';
import { takePlaces } from './places.js';
import { RowType } from './rows.js';

/** What a command may take of Kafka's value: the rest is for the envelope, `expiresAt` and `lease`. */
const MAX_COMMAND_BYTES = MAX_VALUE_BYTES - 2 * 1024;

export interface Prepared extends MergedArgs {
  readonly inputs: JsonObject;
}

/** What a task run is invoked with. */
export function prepare(draft: Draft, task: TaskRun, outputs: readonly DependencyOutput[]): Prepared {
  const member = draft.member(task);
  const given = member.forEach === null ? outputs : withoutItems(member.forEach, outputs);
  const { args, origins } = invocationArgs(draft.run.seed, member, given);
  return { args, origins, inputs: inputsOf(given) };
}

/** What the first attempt took from outside the run; retries are given the same. */
export interface Taken {
  readonly outside: { readonly [task: string]: OutsideInput };
  readonly consumed: { readonly [dependency: string]: string } | null;
}

/** Begins the next attempt, or ends the task run in the error that forbids it. True when it was invoked. */
export function invoke(draft: Draft, task: TaskRun, prepared: Prepared, taken: Taken | null): boolean {
  const member = draft.member(task);
  const { seed, retried } = draft.run;
  const { args, origins, inputs } = prepared;
  const violations = member.argsSchema ? draft.world.validate(member.argsSchema, args) : [];
  if (violations.length > 0) {
    const error = ownError('args_invalid', `the merged arguments are invalid: ${violations.join('; ')}`);
    fail(draft, task, { error, row: 'row', own: true, data: { args, origins } });
    return false;
  }
  const attempt = task.attempt + 1;
  const { item } = task;
  const invocation = draft.world.invocationId(seed.run, member.task, item, attempt);
  const identity = { invocation, run: seed.run, task: member.task, attempt, item };
  // The run's own trigger stays readable beside the kind: what it is a retry of.
  const trigger = retried ? { ...seed.trigger, kind: 'retry' as const } : seed.trigger;
  const { timeouts } = member;
  // Written out: what is made for every task is not put together from other objects, which takes many times as long.
  const command = {
    invocation,
    run: seed.run,
    task: member.task,
    attempt,
    item,
    args,
    inputs,
    trigger,
    timeouts,
  };
  if (exceeds(command as unknown as JsonObject, MAX_COMMAND_BYTES)) {
    const error = ownError('inputs_too_large', tooLarge(prepared));
    fail(draft, task, { error, row: 'row', own: true });
    return false;
  }
  draft.takeCapacity(member.server);
  takePlaces(draft, member, args, invocation);
  const { now } = draft;
  const { server } = member;
  const data = taken
    ? { now, invocation, server, args, origins, outside: taken.outside, consumed: taken.consumed }
    : { now, invocation, server, args, origins };
  const seq = draft.row({ type: RowType.taskInvoked, ...draft.about(task, attempt), data });
  draft.fact(seq, RowType.taskInvoked, member.task, identity);
  draft.command({ kind: 'invoke', server: member.server, data: command });
  return true;
}

/** Names the largest parts of a command that is too large, with their sizes. */
function tooLarge({ args, inputs }: Prepared): string {
  const parts = [
    ...Object.entries(inputs).map(([task, input]) => ({ name: `input ${task}`, bytes: jsonBytes(input) })),
    { name: 'args', bytes: jsonBytes(args) },
  ];
  const largest = parts.sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const named = largest.map(({ name, bytes }) => `${name}: ${bytes} bytes`).join(', ');
  return `the command would be over ${MAX_COMMAND_BYTES} bytes (${named}): pass references instead of data`;
}
