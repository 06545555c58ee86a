import type { ScheduleBody } from '@cordyna/protocol/model';
import type { Registry } from '../model/index.js';
import { cronErrors, nextDue } from './due.js';
import { isDeclaredSchedule, scheduleInForce, type ScheduleSources } from './in-force.js';
import { isTimezone } from './wall-clock.js';

export interface BodyError {
  /** Pointer into the body. */
  readonly path: string;
  readonly message: string;
}

type Checked = ScheduleSources & { readonly body: ScheduleBody };

/** What is wrong with a schedule, or with what overrides a declared one. Its shape is checked where it is read. */
export function scheduleBodyErrors(registry: Registry, sources: Checked): readonly BodyError[] {
  const { body, schedule } = sources;
  const errors = isDeclaredSchedule(schedule) ? overrideErrors(sources) : ownErrors(registry, body);
  const timing = timingErrors(sources);
  return [...errors, ...timing];
}

function overrideErrors({ schedule, body, isDeclared }: Checked): readonly BodyError[] {
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  if (!isDeclared)
    add('', `${schedule} declares no schedule: make one with a bare name, and name the task in it`);
  for (const target of ['task', 'job'] as const)
    if (body[target] !== undefined) add(`/${target}`, `is ${schedule} already: leave it out`);
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

function timingErrors(sources: Checked): readonly BodyError[] {
  const { body, declared } = sources;
  const { everyMs, cron, startsAt, endsAt } = body;
  const errors: BodyError[] = [];
  const add = (path: string, message: string): void => void errors.push({ path, message });
  if (everyMs !== undefined && cron !== undefined) add('/cron', 'excludes everyMs: keep one of them');
  const pattern = cron ?? (everyMs === undefined ? declared?.cron : null) ?? null;
  const zone = body.timezone ?? declared?.timezone ?? 'UTC';
  if (pattern === null) {
    for (const member of ['timezone', 'daylightSaving'] as const)
      if (body[member] !== undefined) add(`/${member}`, 'is for cron: leave it out');
  } else if (isTimezone(zone)) {
    for (const found of cronErrors(pattern, zone))
      add('/cron', `${found}: a pattern has 5 fields, or 6 with seconds first`);
  } else {
    add('/timezone', `'${zone}' is no time zone: take an IANA name, such as Europe/Berlin`);
  }
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(startsAt) > Date.parse(endsAt))
    add('/endsAt', 'is before startsAt');
  if (errors.length > 0) return errors;
  const inForce = scheduleInForce(sources);
  if (inForce && endsAt !== undefined && nextDue(inForce.timing, -1) === null)
    add('/endsAt', 'is before the first due time');
  return errors;
}
