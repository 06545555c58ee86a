import type { Loaded, ScheduleDetails } from '../../../coordination/ports/index.js';
import { prepared } from '../../sql/statement.js';
import { ms } from '../../sql/time.js';

export const lockSchedules = prepared(
  'schedules_lock',
  `SELECT 1 FROM schedules WHERE schedule = ANY ($1::text[]) ORDER BY schedule FOR UPDATE`,
);

export const selectSchedules = prepared(
  'schedules_select',
  `SELECT s.schedule, s.version::float8 AS version, s.task, s.every_ms::float8 AS every_ms, s.cron, s.timezone,
     ${ms('s.anchor')} AS anchor, ${ms('s.next_due_at')} AS next_due_at, s.last_run, s.active, s.details,
     coalesce(r.state = 'running', false) AS last_run_open
   FROM schedules s LEFT JOIN runs r ON r.id = s.last_run
   WHERE s.schedule = ANY ($1::text[])`,
);

export interface ScheduleRow {
  readonly schedule: string;
  readonly version: number;
  readonly task: string | null;
  readonly every_ms: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  readonly anchor: number;
  readonly next_due_at: number | null;
  readonly last_run: string | null;
  readonly active: boolean;
  readonly details: ScheduleDetails;
  readonly last_run_open: boolean;
}

export const schedulesOf = (rows: readonly ScheduleRow[]): Loaded['schedules'] =>
  new Map(
    rows.map(({ version, last_run_open: lastRunOpen, ...row }) => [
      row.schedule,
      {
        version,
        lastRunOpen,
        value: {
          schedule: row.schedule,
          task: row.task,
          everyMs: row.every_ms,
          cron: row.cron,
          timezone: row.timezone,
          anchor: row.anchor,
          nextDueAt: row.next_due_at,
          lastRun: row.last_run,
          active: row.active,
          details: row.details,
        },
      },
    ]),
  );
