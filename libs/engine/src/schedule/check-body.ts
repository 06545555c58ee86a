import type { ScheduleBody } from '@cordyna/protocol/model';
import type { Registry } from '../model/index.js';
import { cronErrors, nextDue } from './due.js';
import { isDeclaredSchedule, scheduleInForce, type ScheduleSources } from './in-force.js';

export interface BodyError {
  /** Pointer into the body. */
  readonly path: string;
  readonly message: string;
}

/** What is wrong with a schedule, or with what overrides a declared one. Its shape is checked where it is read. */
export function scheduleBodyErrors(
  registry: Registry,
  sources: ScheduleSources & { readonly body: ScheduleBody },
): readonly BodyError[] {
  const { body, schedule } = sources;
  const errors = isDeclaredSchedule(schedule) ? overrideErrors(sources) : ownErrors(registry, body);
  const timing = timingErrors(sources);
  return [...errors, ...timing];
}

function overrideErrors({ schedule, body, isDeclared }: ScheduleSources): readonly BodyError[] {
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  if (!isDeclared)
    add('', `${schedule} declares no schedule: make one with a bare name, and name the task in it`);
  for (const target of ['task', 'job'] as const)
    if (body?.[target] !== undefined) add(`/${target}`, `is ${schedule} already: leave it out`);
  return errors;
}

function ownErrors(registry: Registry, { task, job, everyMs, cron }: ScheduleBody): readonly BodyError[] {
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  if (task === undefined && job === undefined) add('/task', 'or job is required');
  if (task !== undefined && job !== undefined) add('/job', 'excludes task: keep one of them');
  if (task !== undefined && !registry.tasks.has(task)) add('/task', `no server declares ${task}`);
  if (job !== undefined && !registry.jobs.has(job)) add('/job', `there is no job ${job}`);
  if (everyMs === undefined && cron === undefined) add('/everyMs', 'or cron is required');
  return errors;
}

function timingErrors(sources: ScheduleSources): readonly BodyError[] {
  const { everyMs, cron, timezone, startsAt, endsAt } = sources.body ?? {};
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  if (everyMs !== undefined && cron !== undefined) add('/cron', 'excludes everyMs: keep one of them');
  const pattern = cron ?? (everyMs === undefined ? sources.declared?.cron : undefined) ?? undefined;
  const zone = timezone ?? sources.declared?.timezone ?? 'UTC';
  if (pattern === undefined && timezone !== undefined) add('/timezone', 'is for cron: leave it out');
  const wrong = pattern === undefined ? [] : cronErrors(pattern, zone);
  for (const found of wrong)
    add(
      cron === undefined ? '/timezone' : '/cron',
      `${found}: a pattern has 5 fields, or 6 with seconds first`,
    );
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(startsAt) > Date.parse(endsAt))
    add('/endsAt', 'is before startsAt');
  if (errors.length > 0) return errors;
  const inForce = scheduleInForce(sources);
  if (inForce && (startsAt ?? endsAt) !== undefined && nextDue(inForce.timing, -1) === null)
    add('/endsAt', 'is before the first due time');
  return errors;
}
