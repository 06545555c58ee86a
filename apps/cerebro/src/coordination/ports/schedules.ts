import type { DeclaredTiming } from '@cordyna/engine';
import type { ScheduleBody } from '@cordyna/protocol/model';

/** What a schedule is made of; the other fields of `Schedule` follow from it. Times are epoch ms. */
export interface ScheduleDetails {
  readonly declared: DeclaredTiming | null;
  readonly isDeclared: boolean;
  readonly body: ScheduleBody | null;
  readonly bodyAnchor: number | null;
  /** Who made `body`, and why. */
  readonly by: { readonly author: string | null; readonly reason: string | null; readonly at: number } | null;
  readonly paused: {
    readonly author: string | null;
    readonly reason: string | null;
    readonly at: number;
  } | null;
  /** Due times that wait for the run before them, the oldest first. */
  readonly waiting: readonly number[];
  /** Version of `body`. */
  readonly revision: number;
}

export const NO_DETAILS: ScheduleDetails = {
  declared: null,
  isDeclared: false,
  body: null,
  bodyAnchor: null,
  by: null,
  paused: null,
  waiting: [],
  revision: 0,
};

/** The id of a declared schedule is its task, that of any other a bare name. Times are epoch ms on the database's clock. */
export interface Schedule {
  readonly schedule: string;
  /** What it runs; null for a job. */
  readonly task: string | null;
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  /** When this value was first accepted for this task. */
  readonly anchor: number;
  /** Null when it will never fire again. */
  readonly nextDueAt: number | null;
  readonly lastRun: string | null;
  /** In force and not paused. */
  readonly active: boolean;
  readonly details: ScheduleDetails;
}

export type FiringOutcome = 'run' | 'skipped' | 'missed';
export interface Firing {
  readonly schedule: string;
  readonly scheduledFor: number;
  readonly outcome: FiringOutcome;
  readonly run: string | null;
  readonly reason: string | null;
}
