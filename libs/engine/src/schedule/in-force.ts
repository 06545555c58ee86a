import type { JsonObject, RunScope, ScheduleBody } from '@cordyna/protocol/model';
import type { Season, Timing } from './due.js';
import type { FiringRules } from './firings.js';

export interface DeclaredTiming {
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  /** When this value was first accepted for this task, epoch ms. */
  readonly anchor: number;
}

/** A schedule as it is stored: what its task declares, and what people made of it. */
export interface ScheduleSources {
  /** The task of a declared schedule, else a bare name. */
  readonly schedule: string;
  readonly declared: DeclaredTiming | null;
  /** Is `declared` in force? It outlives a withdrawal for its anchor. */
  readonly isDeclared: boolean;
  /** A schedule made over HTTP or in a file, or what overrides parts of the declared one. */
  readonly body: ScheduleBody | null;
  /** When the interval of `body` was first accepted; of none it is due from the epoch on. */
  readonly bodyAnchor: number | null;
}

export interface ScheduleInForce extends FiringRules {
  readonly task: string | null;
  readonly job: string | null;
  readonly scope: RunScope;
  readonly args: JsonObject;
  readonly taskArgs: { readonly [task: string]: JsonObject };
  readonly timing: Timing;
}

/** Declared schedules have the name of their task, which has a dot; all others have bare names. */
export const isDeclaredSchedule = (schedule: string): boolean => schedule.includes('.');

/** The schedule that fires; null when none is in force. Whether it is paused is another question. */
export function scheduleInForce(sources: ScheduleSources): ScheduleInForce | null {
  const { schedule, body, isDeclared } = sources;
  const ofTask = isDeclaredSchedule(schedule);
  if (ofTask ? !isDeclared : body === null) return null;
  const timing = timingOf(sources);
  if (!timing) return null;
  return {
    task: ofTask ? schedule : (body?.task ?? null),
    job: ofTask ? null : (body?.job ?? null),
    scope: body?.scope ?? 'downstream',
    args: body?.args ?? {},
    taskArgs: body?.taskArgs ?? {},
    overlap: body?.overlap ?? 'skip',
    catchUp: body?.catchUp ?? 'last',
    catchUpLimit: body?.catchUpLimit ?? DEFAULT_CATCH_UP,
    timing,
  };
}

/** Of `catchUp: all`. */
export const DEFAULT_CATCH_UP = 100;

function timingOf({ declared, body, bodyAnchor }: ScheduleSources): Timing | null {
  const season: Season = {
    ...(body?.startsAt === undefined ? {} : { startsAt: Date.parse(body.startsAt) }),
    ...(body?.endsAt === undefined ? {} : { endsAt: Date.parse(body.endsAt) }),
  };
  const own = body?.everyMs !== undefined || body?.cron !== undefined;
  const timing = own ? { ...body, anchor: season.startsAt ?? bodyAnchor ?? 0 } : declared;
  if (typeof timing?.everyMs === 'number')
    return { everyMs: timing.everyMs, anchor: timing.anchor, ...season };
  const cron = timing?.cron;
  if (typeof cron !== 'string') return null;
  const timezone = body?.timezone ?? declared?.timezone ?? 'UTC';
  return { cron, timezone, daylightSaving: body?.daylightSaving ?? 'once', ...season };
}
