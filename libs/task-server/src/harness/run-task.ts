import { randomUUID } from 'node:crypto';
import type { InvokeCommand, JsonObject, JsonValue, RunRequest, TaskError } from '@cordyna/protocol/model';
import { DEFAULT_TIMEOUTS, isJsonObject, qualify } from '@cordyna/protocol/model';
import { TaskServerError } from '../errors.js';
import { handlerTools } from '../execution/handler-tools.js';
import { outcomeOfOutput, outcomeOfThrown } from '../handler/outcome.js';
import type { TaskDefinition } from '../handler/handler.js';
import { taskEventOf } from '../handler/task-event.js';
import type { LogLevel } from '../log.js';
import type { TaskServer } from '../server/task-server.js';

/** What Cerebro would send; all of it may be left out. */
export interface RunTaskInput {
  /** Merged over the declared ones, as those of a request are. */
  readonly args?: JsonObject;
  /** Whole outputs by task (bare: of this server); merged over the arguments in declared order, as Cerebro does. */
  readonly inputs?: JsonObject;
  /** The element of a `forEach`; `index` 0 unless said otherwise. */
  readonly item?: { readonly index?: number; readonly value: JsonValue };
  readonly attempt?: number;
  readonly run?: string;
  readonly invocation?: string;
  readonly trigger?: InvokeCommand['trigger'];
  /** Becomes `tools.signal`. */
  readonly signal?: AbortSignal;
}

export interface RunTaskRecord {
  readonly logs: readonly { readonly level: LogLevel; readonly message: string }[];
  readonly progress: readonly { readonly percent: number; readonly message: string | undefined }[];
  /** What was requested by `tools.invoke`. */
  readonly invoked: readonly RunRequest[];
}

/** What would have gone on the bus. */
export type RunTaskResult = RunTaskRecord &
  (
    | { readonly state: 'completed'; readonly output: JsonObject }
    | { readonly state: 'error'; readonly error: TaskError }
  );

/**
 * Runs one task of a server for a unit test, without Kafka and Cerebro: the handler, the checks of its output and the
 * report of what it throws are those of production. Retries, timeouts and schemas are Cerebro's and not applied.
 * @throws TaskServerError `unknown_task`
 */
export async function runTask(
  server: TaskServer,
  task: string,
  input: RunTaskInput = {},
): Promise<RunTaskResult> {
  const definition = server.definitionOf(task);
  if (!definition) throw new TaskServerError('unknown_task', `server "${server.name}" has no task "${task}"`);
  const command = commandFor(server, definition, input);
  const logs: { level: LogLevel; message: string }[] = [];
  const progress: { percent: number; message: string | undefined }[] = [];
  const invoked: RunRequest[] = [];
  const signal = input.signal ?? new AbortController().signal;
  const { tools, end } = handlerTools(server.name, command.invocation, () => signal, {
    log: (level, message) => void logs.push({ level, message }),
    progress: (percent, message) => void progress.push({ percent, message }),
    request: async (request) => void invoked.push(request),
  });
  const outcome = await Promise.resolve()
    .then(() => definition.handler({ event: taskEventOf(command, undefined), tools }))
    .then(outcomeOfOutput, (thrown: unknown) => outcomeOfThrown(thrown, signal.aborted));
  end();
  const record: RunTaskRecord = { logs, progress, invoked };
  return outcome.kind === 'completed'
    ? { state: 'completed', output: outcome.output, ...record }
    : { state: 'error', error: outcome.error, ...record };
}

function commandFor(server: TaskServer, { declaration }: TaskDefinition, input: RunTaskInput): InvokeCommand {
  const given = Object.entries(input.inputs ?? {});
  const inputs = Object.fromEntries(given.map(([task, output]) => [qualify(server.name, task), output]));
  const { args = {}, dependsOn = [], name, timeouts } = declaration;
  const outputs = dependsOn.map((task) => inputs[qualify(server.name, task)]).filter(isJsonObject);
  const { item } = input;
  return {
    invocation: input.invocation ?? randomUUID(),
    run: input.run ?? randomUUID(),
    task: qualify(server.name, name),
    attempt: input.attempt ?? 1,
    item: item ? { index: item.index ?? 0, value: item.value } : null,
    args: Object.assign({}, args, input.args, ...outputs) as JsonObject,
    inputs,
    trigger: input.trigger ?? { kind: 'request' },
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    expiresAt: new Date(Date.now() + DEFAULT_TIMEOUTS.ackMs).toISOString(),
    lease: '',
  };
}
