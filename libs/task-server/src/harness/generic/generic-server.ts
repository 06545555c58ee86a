import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject, ServerDeclaration, TaskDeclaration, TaskError } from '@cordyna/protocol/model';
import type { TaskContext, TaskHandler } from '../../handler/handler.js';
import { TaskFailure } from '../../handler/task-failure.js';
import type { RuntimeOptions } from '../../lifecycle/options.js';
import { createTaskServer } from '../../server/task-server.js';
import type { TaskServer } from '../../server/task-server.js';
import { misbehaving } from '../misbehaving.js';
import type { Conduct } from '../misbehaving.js';

/** What one task of a generic server does; a member of the same name in the arguments wins. */
export interface Behaviour {
  readonly sleepMs?: number;
  /** Default: `{ "by": "<server>.<task>" }`. */
  readonly output?: JsonObject;
  /** So many attempts of a run fail. */
  readonly failures?: number;
  /** Elements of a `forEach`, by their index, of which every attempt fails. */
  readonly failItems?: readonly number[];
  readonly error?: Partial<TaskError>;
  /** Runs until it is cancelled. */
  readonly neverEnds?: boolean;
  readonly conduct?: Conduct;
}

export type Behaviours = Readonly<Record<string, Behaviour>>;

/** For tests of the whole: a server with any declaration, whose tasks do what a table says. */
export function genericServer(
  declaration: ServerDeclaration,
  behaviours: Behaviours,
  runtime: RuntimeOptions,
): TaskServer {
  const { server: name, tasks, jobs = [], ...about } = declaration;
  const server = createTaskServer({ ...runtime, ...about, name });
  for (const task of tasks) declare(server, task, behaviours[task.name] ?? {});
  for (const { name: job, ...options } of jobs) server.job(job, options);
  return misbehaving(server, ({ task, args }) => {
    const behaviour = behaviours[task.slice(name.length + 1)];
    return (args.conduct as Conduct | undefined) ?? behaviour?.conduct ?? 'run';
  });
}

function declare(server: TaskServer, task: TaskDeclaration, behaviour: Behaviour): void {
  const { name, everyMs, ...options } = task;
  server.task(
    name,
    { ...options, ...(everyMs === undefined ? {} : { every: everyMs }) },
    behaving(behaviour),
  );
}

const behaving =
  (declared: Behaviour): TaskHandler =>
  async ({ event, tools }: TaskContext) => {
    const behaviour: Behaviour = { ...declared, ...event.args };
    if (behaviour.sleepMs !== undefined) await delay(behaviour.sleepMs, undefined, { signal: tools.signal });
    if (behaviour.neverEnds) {
      if (!tools.signal.aborted) await once(tools.signal, 'abort');
      throw tools.signal.reason;
    }
    const isDoomed = behaviour.failItems?.includes(event.item?.index ?? -1) === true;
    if (isDoomed || event.attempt <= (behaviour.failures ?? 0)) throw failureOf(behaviour, event.attempt);
    return behaviour.output ?? { by: event.task };
  };

function failureOf({ error = {} }: Behaviour, attempt: number): TaskFailure {
  const {
    code = 'failed_on_demand',
    message = `attempt ${attempt} failed, as was asked for`,
    retryable,
  } = error;
  const fail = retryable === false ? TaskFailure.nonRetryable : TaskFailure.retryable;
  return fail(code, message, { description: error.description });
}
