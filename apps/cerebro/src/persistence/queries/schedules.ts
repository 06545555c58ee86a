import { isDeclaredSchedule, scheduleInForce } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import {
  ScheduleQueries,
  type Page,
  type ScheduleDetails,
  type ScheduleView,
} from '../../coordination/ports/index.js';
import { rfc3339 } from '../sql/time.js';
import { askerOf, type Asker } from './asker.js';
import { decodeCursor, encodeCursor } from './cursor.js';

interface Row {
  readonly schedule: string;
  readonly next_due_at: Date | null;
  readonly last_run: string | null;
  readonly details: ScheduleDetails;
}

const COLUMNS = 'schedule, next_due_at, last_run, details';
// A schedule that people removed is kept for its versions only.
const EXISTS = `(schedule LIKE '%.%' OR details->'body' <> 'null'::jsonb)`;

const signed = (by: ScheduleDetails['by']) => by && { ...by, at: rfc3339(by.at) };

function stateOf({ schedule, details, next_due_at: next }: Row): ScheduleView['state'] {
  if (isDeclaredSchedule(schedule) && !details.isDeclared) return 'withdrawn';
  if (details.paused) return 'paused';
  return next === null && details.waiting.length === 0 ? 'ended' : 'active';
}

function viewOf(row: Row): ScheduleView {
  const { schedule, details } = row;
  // Of a withdrawn one what it was.
  const inForce = scheduleInForce({ schedule, ...details, isDeclared: true });
  const timing = inForce?.timing;
  const { declared, body, by, paused, waiting, revision } = details;
  return {
    schedule,
    state: stateOf(row),
    task: inForce?.task ?? null,
    job: inForce?.job ?? null,
    everyMs: timing && 'everyMs' in timing ? timing.everyMs : null,
    cron: timing && 'cron' in timing ? timing.cron : null,
    timezone: timing && 'cron' in timing ? timing.timezone : 'UTC',
    overlap: inForce?.overlap ?? 'skip',
    catchUp: inForce?.catchUp ?? 'last',
    nextDueAt: row.next_due_at?.toISOString() ?? null,
    lastRun: row.last_run,
    waiting: waiting.map(rfc3339),
    declared: declared && { everyMs: declared.everyMs, cron: declared.cron, timezone: declared.timezone },
    definition: body as unknown as JsonObject | null,
    version: revision,
    changed: signed(by),
    paused: signed(paused),
  };
}

/** Every question may throw StoreUnavailable besides what the port says. */
export class TypeOrmScheduleQueries extends ScheduleQueries {
  private readonly ask: Asker;

  constructor(connected: () => Promise<DataSource>) {
    super();
    this.ask = askerOf(connected);
  }

  schedules({ limit, cursor }: { readonly limit: number; readonly cursor?: string }) {
    return this.ask(async (source): Promise<Page<ScheduleView>> => {
      const after = cursor === undefined ? '' : decodeCursor(cursor, [/^[a-z0-9_.-]{1,129}$/])[0];
      const rows: readonly Row[] = await source.query(
        `SELECT ${COLUMNS} FROM schedules WHERE schedule > $1 AND ${EXISTS} ORDER BY schedule LIMIT $2`,
        [after, limit + 1],
      );
      const last = rows[limit - 1];
      const next = rows.length > limit && last ? encodeCursor(last.schedule) : null;
      return { items: rows.slice(0, limit).map(viewOf), next };
    });
  }

  schedule(schedule: string) {
    return this.ask(async (source): Promise<ScheduleView | null> => {
      const [row]: readonly (Row | undefined)[] = await source.query(
        `SELECT ${COLUMNS} FROM schedules WHERE schedule = $1 AND ${EXISTS}`,
        [schedule],
      );
      return row ? viewOf(row) : null;
    });
  }
}
