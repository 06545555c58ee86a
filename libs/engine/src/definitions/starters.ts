import { AUTO_TRIGGER, type RuleBody, type ScheduleBody } from '@cordyna/protocol/model';
import { runnerTask } from '../events/runner-task.js';
import type { Registry } from '../model/index.js';

/** What people defined that starts a task or a job: names in force, sorted. */
export interface Starters {
  readonly rules: readonly string[];
  readonly schedules: readonly string[];
}

type Started = Pick<RuleBody['activity'], 'task' | 'job'>;

/** The rules and schedules in force that start this task or job, or override its declared schedule. */
export function startersOf({ definitions }: Pick<Registry, 'definitions'>, started: Started): Starters {
  const starts = (one: Started): boolean => one.task === started.task && one.job === started.job;
  const found = { rules: [] as string[], schedules: [] as string[] };
  for (const { kind, name, body } of definitions.values()) {
    if (body === null) continue;
    if (kind === 'rule' && starts(startedBy(body as unknown as RuleBody))) found.rules.push(name);
    if (kind !== 'schedule') continue;
    const { task, job } = body as unknown as ScheduleBody;
    const isOverride = task === undefined && job === undefined;
    if (starts(isOverride ? { task: name } : { task, job })) found.schedules.push(name);
  }
  return { rules: found.rules.sort(), schedules: found.schedules.sort() };
}

function startedBy({ activity }: RuleBody): Started {
  const { task, job, cmd } = activity;
  if (task !== undefined || job !== undefined) return { task, job };
  return cmd === AUTO_TRIGGER ? {} : { task: runnerTask(activity) };
}
