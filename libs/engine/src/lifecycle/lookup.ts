import type { Member, Plan, Run, TaskRun } from '../model/index.js';

const indexes = new WeakMap<Plan, ReadonlyMap<string, number>>();

/** Position of a task's member; plans are immutable, so the map is made once for each. */
export function memberIndex(plan: Plan, task: string): number | undefined {
  const known = indexes.get(plan);
  if (known) return known.get(task);
  const made = new Map(plan.members.map((member) => [member.task, member.index]));
  indexes.set(plan, made);
  return made.get(task);
}

export const memberOf = (run: Run, task: TaskRun): Member => run.seed.plan.members[task.member] as Member;

/**
 * Position of the task run that an applied row speaks of.
 * @throws RangeError when the row is not of this run
 */
export function locate(run: Run, task: string, item: number | null): number {
  const whole = run.tasks.at(memberIndex(run.seed.plan, task) ?? -1);
  return item === null ? whole.index : run.tasks.at((whole.elements?.first ?? NaN) + item).index;
}

export const findByInvocation = (run: Run, invocation: string): TaskRun | undefined => {
  const index = run.invocations.get(invocation);
  return index === undefined ? undefined : run.tasks.at(index);
};

/** The elements of an expanded `forEach`, in order of index. */
export const elementsOf = (
  run: Run,
  { first, count }: NonNullable<TaskRun['elements']>,
): readonly TaskRun[] => Array.from({ length: count }, (_, at) => run.tasks.at(first + at));
