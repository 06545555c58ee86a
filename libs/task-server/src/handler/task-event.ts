import type { InvokeCommand, Item, JsonObject, Trigger } from '@cordyna/protocol/model';

/** What a handler is called with: one attempt of one task in one run. */
export interface TaskEvent<Args = JsonObject> {
  /** Merged of the task's definition, the job or run, this task in this run, and the outputs of what it depends on. */
  readonly args: Args;
  /** Whole outputs by qualified task name; of a `forEach` task the list of its elements' outputs. */
  readonly inputs: JsonObject;
  /** The element that this attempt is for; null outside a `forEach`. */
  readonly item: Item | null;
  readonly run: string;
  /** Qualified: `<server>.<task>`. */
  readonly task: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Unique per attempt: an idempotency key for what the handler does elsewhere. */
  readonly invocation: string;
  readonly trigger: Trigger;
  /** W3C trace context of the invocation, where there is one. */
  readonly traceparent?: string;
}

export function taskEventOf(command: InvokeCommand, traceparent: string | undefined): TaskEvent {
  const { args, inputs, item, run, task, attempt, invocation, trigger } = command;
  return {
    args,
    inputs,
    item,
    run,
    task,
    attempt,
    invocation,
    trigger,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
