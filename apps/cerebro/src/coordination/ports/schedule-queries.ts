import type { JsonObject } from '@cordyna/protocol/model';
import type { Page } from './queries.js';

interface Signed {
  readonly author: string | null;
  readonly reason: string | null;
  readonly at: string;
}

/** Times RFC 3339 in UTC with milliseconds. */
export interface ScheduleView {
  /** The task of a declared schedule, else a bare name. */
  readonly schedule: string;
  /** `ended`: nothing will be due any more; `withdrawn`: its task or server declares it no more. */
  readonly state: 'active' | 'paused' | 'ended' | 'withdrawn';
  readonly task: string | null;
  readonly job: string | null;
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  readonly overlap: string;
  readonly catchUp: string;
  readonly nextDueAt: string | null;
  readonly lastRun: string | null;
  /** Due times that wait for the run before them. */
  readonly waiting: readonly string[];
  /** What the task declares, override or not. */
  readonly declared: {
    readonly everyMs: number | null;
    readonly cron: string | null;
    readonly timezone: string;
  } | null;
  /** As it was made, or what overrides the declared one. */
  readonly definition: JsonObject | null;
  readonly version: number;
  readonly changed: Signed | null;
  readonly paused: Signed | null;
}

/** What the API reads of schedules. Malformed cursors throw InvalidCursor. */
export abstract class ScheduleQueries {
  /** By name, removed ones excepted. */
  abstract schedules(page: { readonly limit: number; readonly cursor?: string }): Promise<Page<ScheduleView>>;
  abstract schedule(schedule: string): Promise<ScheduleView | null>;
}
