import { isJsonObject } from '@cordyna/protocol/model';
import { TaskFailure } from '@cordyna/task-server';
import type { JsonObject, TaskEvent } from './types.js';

/** What a rule says that shall be done, as Cerebro passes it on; members that are not listed are ignored. */
export interface Activity {
  readonly cmd?: unknown;
  readonly image?: unknown;
  readonly env?: unknown;
  readonly mounts?: unknown;
  readonly cpu_reservation?: unknown;
  readonly mem_reservation?: unknown;
}

/** The arguments of the tasks `cmd` and `docker`, see docs/runner.md. */
export interface ActivityArgs {
  readonly activity: Activity;
  /** TRIGGER, RULE_ID, NAME, FORCE */
  readonly env: Readonly<Record<string, string>>;
}

export const ACTIVITY_SCHEMA: JsonObject = {
  type: 'object',
  required: ['activity', 'env'],
  properties: {
    activity: { type: 'object' },
    env: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

export const argsOf = (event: TaskEvent): ActivityArgs => event.args as unknown as ActivityArgs;

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Of the activity, an object or a list of `NAME=value`; what the rule says about itself wins. */
export function environmentOf({ activity, env }: ActivityArgs): Record<string, string> {
  const { env: own = {} } = activity;
  const pairs = Array.isArray(own) ? own.map(pairOf) : isJsonObject(own) ? Object.entries(own) : undefined;
  const wrong = pairs?.find(([name]) => !VARIABLE.test(name));
  if (!pairs || wrong) {
    const what = wrong
      ? `${JSON.stringify(wrong[0])} is no name of a variable`
      : 'it is neither an object nor a list';
    throw invalidActivity(`env: ${what}`);
  }
  return { ...Object.fromEntries(pairs.map(([name, value]) => [name, String(value)])), ...env };
}

function pairOf(text: unknown): [string, string] {
  const [name = '', ...value] = String(text).split('=');
  return [name, value.join('=')];
}

export const invalidActivity = (message: string): TaskFailure =>
  TaskFailure.nonRetryable('activity_invalid', message, { description: 'Correct the activity of the rule.' });

/** @throws TaskFailure `not_allowed` */
export function mustBeAllowed(what: string, name: string, allowed: readonly string[], place: string): void {
  if (allowed.includes('*') || allowed.includes(name)) return;
  throw TaskFailure.nonRetryable('not_allowed', `this runner does not run the ${what} ${name} for rules`, {
    description: `Whoever operates the runner can add it to ${place} in the runner's configuration.`,
  });
}
