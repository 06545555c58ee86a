import type { Pool } from 'pg';
import { SCHEDULES_SOON_MS } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import { ms } from '../sql/time.js';

/** Their last run has ended, and a due time waits for that. Runs are looked up one by one: nobody joins from their side. */
const WAITING = `schedules s WHERE s.active AND s.details->'waiting' <> '[]'::jsonb
   AND (SELECT state FROM runs WHERE id = s.last_run) IS DISTINCT FROM 'running'`;
// now() of a statement by itself is when it came; an index is not searched for a clock that may move meanwhile.
const dueWithin = (interval: string): string =>
  `schedules WHERE active AND next_due_at IS NOT NULL AND next_due_at <= now() + ${interval}`;

const due = prepared(
  'timer_schedules',
  `SELECT schedule, ${ms('next_due_at')} AS due_at FROM ${dueWithin("$1::float8 * interval '1 millisecond'")}
   UNION ALL
   SELECT s.schedule, 0 FROM ${WAITING}
   ORDER BY due_at, schedule LIMIT $2`,
);
const waiting = prepared(
  'timer_schedules_waiting',
  `SELECT s.schedule FROM ${WAITING} ORDER BY schedule LIMIT $1`,
);

const SOON = `interval '${SCHEDULES_SOON_MS} milliseconds'`;
/** Whether they are worth asking for. */
export const SCHEDULES = `(EXISTS (SELECT FROM ${dueWithin(SOON)}) OR EXISTS (SELECT FROM ${WAITING}))`;

export async function dueSchedules(pool: Pool, aheadMs: number, limit: number) {
  const rows = await ask<{ schedule: string; due_at: number }>(pool, due(aheadMs, limit));
  return rows.map(({ schedule, due_at: dueAt }) => ({ schedule, dueAt }));
}

export async function schedulesThatWait(pool: Pool, limit: number) {
  const rows = await ask<{ schedule: string }>(pool, waiting(limit));
  return rows.map(({ schedule }) => schedule);
}
