import { AUTO_TRIGGER, type JsonObject, type RunRequest, type RunState } from '@cordyna/protocol/model';
import type { RuleFiring } from './model.js';
import { runnerTask } from './runner-task.js';

/** What a firing does next. */
export type Step =
  | { readonly step: 'none' }
  | { readonly step: 'start'; readonly request: RunRequest }
  | { readonly step: 'succeed' }
  | { readonly step: 'try again' }
  | { readonly step: 'fail'; readonly code: string; readonly message: string };

export interface Around {
  /** State of the firing's latest run; null when there is none. */
  readonly run: RunState | null;
  readonly isDeclared: (task: string) => boolean;
  /** Of the activity's `eventsAs`. */
  readonly events: readonly JsonObject[];
}

/** The next step of a firing: it begins its activity, sees how that ended, begins it again, or is over. */
export function nextStep(firing: RuleFiring, around: Around): Step {
  if (firing.state === 'running') return afterRun(firing, around.run);
  if (firing.state !== 'due') return { step: 'none' };
  const { activity } = firing.body;
  if (activity.cmd === AUTO_TRIGGER) return { step: 'succeed' };
  const { task, job, scope, args = {}, taskArgs = {}, eventsAs } = activity;
  if (task === undefined && job === undefined) return toRunner(firing, around);
  const given = eventsAs === undefined ? args : { ...args, [eventsAs]: around.events };
  const target = task === undefined ? { job } : { task, ...(scope ? { scope } : {}) };
  return { step: 'start', request: { ...target, args: given, taskArgs } };
}

function afterRun({ attempt, body: { attempts = 1 }, run }: RuleFiring, state: RunState | null): Step {
  if (state === 'running') return { step: 'none' };
  if (state === 'completed') return { step: 'succeed' };
  // Who cancels a run does not want another one.
  if (state === 'failed' && attempt < attempts) return { step: 'try again' };
  const message = `run ${String(run)} ${state === null ? 'is gone' : `is ${state}`}, attempt ${attempt} of ${attempts}`;
  return { step: 'fail', code: state === 'cancelled' ? 'run_cancelled' : 'run_failed', message };
}

function toRunner({ rule, firing, body, force }: RuleFiring, { isDeclared }: Around): Step {
  const { activity, eventSet } = body;
  const task = runnerTask(activity);
  if (!isDeclared(task))
    return {
      step: 'fail',
      code: 'no_runner',
      message: `no server declares ${task}, which runs such activities`,
    };
  const name = `${rule.replaceAll(':', '-')}-${firing}`;
  const env = { TRIGGER: eventSet, RULE_ID: rule, NAME: name, FORCE: String(force) };
  return { step: 'start', request: { task, scope: 'task', args: { activity: { ...activity }, env } } };
}
