import { pointerOf } from '@cordyna/protocol/model';
import type { PlanError, RunSeed, World } from '../model/index.js';
import { mergeArgs } from '../args/merge-args.js';
import { argsSources } from '../args/sources.js';

/**
 * What a request's arguments are already known to get wrong: `taskArgs` for tasks that are not in the run, and arguments
 * that a member's `argsSchema` refuses though no output can change them any more. The rest is found when a task is invoked.
 */
export function checkArgs(seed: RunSeed, validate: World['validate']): readonly PlanError[] {
  const members = new Set(seed.plan.members.map((member) => member.task));
  const strangers = Object.keys(seed.taskArgs)
    .filter((task) => !members.has(task))
    .map((task): PlanError => ({
      code: 'invalid_args',
      path: pointerOf(['taskArgs', task]),
      message: `${task} is not in this run: take it out or correct the name`,
    }));
  const refused = seed.plan.members.flatMap((member) => {
    if (!member.argsSchema || member.dependencies.length > 0) return [];
    const { args } = mergeArgs(argsSources(seed, member));
    return validate(member.argsSchema, args).map((found): PlanError => ({
      code: 'invalid_args',
      path: '/args',
      message: `${member.task} refuses its arguments: ${found}`,
    }));
  });
  return [...strangers, ...refused];
}
