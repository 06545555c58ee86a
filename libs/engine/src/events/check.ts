import { pointerOf } from '@cordyna/protocol/model';
import type { Activity, EventSetBody, JsonObject, RuleBody } from '@cordyna/protocol/model';
import { inForce } from '../definitions/index.js';
import type { Registry } from '../model/index.js';

interface BodyError {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with an event set. Its shape is checked where it is read. */
export function eventSetErrors(
  body: EventSetBody,
  schemaErrors: (schema: JsonObject) => readonly string[],
): readonly BodyError[] {
  const { events, complete, atLeast, filters = {}, windowMs, correlate, latched } = body;
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  events.forEach((type, at) => {
    if (events.indexOf(type) < at) add(`/events/${at}`, `names ${type} again: take it out`);
  });
  if (atLeast !== undefined && complete !== undefined) add('/atLeast', 'excludes complete: keep one of them');
  if (atLeast !== undefined && atLeast > events.length)
    add('/atLeast', `is more than the ${events.length} events`);
  for (const [type, schema] of Object.entries(filters)) {
    if (!events.includes(type)) add(pointerOf(['filters', type]), 'is not among the events');
    for (const message of schemaErrors(schema)) add(pointerOf(['filters', type]), message);
  }
  if (latched && windowMs !== undefined) add('/windowMs', 'is not for a latched set: leave it out');
  // What has happened has happened, whether it fits or not.
  if (latched && body.filters !== undefined) add('/filters', 'is not for a latched set: leave it out');
  if (latched && correlate !== undefined) add('/correlate', 'is not for a latched set: leave it out');
  return errors;
}

export interface RuleCheck {
  readonly errors: readonly BodyError[];
  readonly warnings: readonly string[];
}

/** What is wrong with a rule. What it refers to may be defined or declared later: that is a warning. */
export function ruleErrors(registry: Registry, { eventSet, activity, triggering }: RuleBody): RuleCheck {
  const errors: BodyError[] = [];
  const warnings: string[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  const kinds = (['task', 'job', 'cmd'] as const).filter((kind) => activity[kind] !== undefined);
  if (kinds.length === 0) add('/activity', 'needs one of task, job and cmd');
  for (const kind of kinds.slice(1)) add(`/activity/${kind}`, `excludes ${kinds[0]}: keep one of them`);
  const ofOthers = kinds[0] === 'cmd' ? OF_RUNS : OF_COMMANDS;
  for (const member of ofOthers) {
    if (kinds.length === 0 || activity[member] === undefined) continue;
    add(`/activity/${member}`, `is not for a ${kinds[0]}: leave it out`);
  }
  if (kinds[0] === 'job' && activity.scope !== undefined)
    add('/activity/scope', 'is for a task: leave it out');
  errors.push(...commandErrors(activity));
  for (const set of new Set([eventSet, triggering]))
    if (set !== undefined && !inForce(registry, 'event-set', set))
      warnings.push(`there is no event set ${set} yet`);
  const { task, job } = activity;
  if (task !== undefined && !registry.tasks.has(task)) warnings.push(`no server declares ${task} yet`);
  if (job !== undefined && !registry.jobs.has(job)) warnings.push(`there is no job ${job} yet`);
  return { errors, warnings };
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isAmount = (value: unknown): boolean =>
  (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) && Number(value) > 0;

/** What a schema that people see at a glance does not say: texts or lists, numbers or texts that are one. */
function commandErrors({ task_type: type, image, cmd, env, ...amounts }: Activity): readonly BodyError[] {
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  const isCommand = cmd === undefined || isText(cmd) || (Array.isArray(cmd) && cmd.every(isText));
  if (!isCommand) add('/activity/cmd', 'must be a text or a list of texts');
  const isList = Array.isArray(env);
  if (env !== undefined && (typeof env !== 'object' || (isList && !env.every(isText))))
    add('/activity/env', 'must be an object or a list of NAME=value');
  for (const name of ['cpu_reservation', 'mem_reservation'] as const)
    if (amounts[name] !== undefined && !isAmount(amounts[name]))
      add(`/activity/${name}`, 'must be a positive number');
  if (type === 'docker' && image === undefined) add('/activity/image', 'is required');
  return errors;
}

const OF_RUNS = ['scope', 'args', 'taskArgs', 'eventsAs'] as const;
const OF_COMMANDS = [
  'task_type',
  'runner',
  'image',
  'env',
  'mounts',
  'cpu_reservation',
  'mem_reservation',
] as const;
