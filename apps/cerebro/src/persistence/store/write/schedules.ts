import type { Changes, Firing } from '../../../coordination/ports/index.js';
import { prepared, type Scalar, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';
import { lockSchedules } from '../read/schedules.js';

type ScheduleChange = Changes['schedules'][number];

const arrays = `$1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::uuid[],
       $9::bool[], $10::text[]`;
const columns = 'schedule, task, every_ms, cron, timezone, anchor, next_due_at, last_run, active, details';

const update = prepared(
  'schedules_update',
  `WITH wanted AS (
     SELECT * FROM unnest(${arrays}, $11::bigint[]) AS w (${columns}, version)
   ), locked AS (
     SELECT w.* FROM schedules s JOIN wanted w ON s.schedule = w.schedule AND s.version = w.version
     ORDER BY s.schedule FOR UPDATE OF s
   ), updated AS (
     UPDATE schedules s SET version = s.version + 1, task = l.task, every_ms = l.every_ms, cron = l.cron,
       timezone = l.timezone, anchor = ${at('l.anchor')}, next_due_at = ${at('l.next_due_at')},
       last_run = l.last_run, active = l.active, details = l.details::jsonb
     FROM locked l WHERE s.schedule = l.schedule
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $12, 'schedules') FROM updated`,
);

// Rows are written in the order in which everybody locks them: to lock them beforehand would be a second write of each.
const move = prepared(
  'schedules_move',
  `WITH updated AS (
     UPDATE schedules s SET version = s.version + 1, next_due_at = ${at('w.next_due_at')}, last_run = w.last_run
     FROM (
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::float8[], $4::uuid[])
         AS w (schedule, version, next_due_at, last_run)
       ORDER BY schedule
     ) AS w
     WHERE s.schedule = w.schedule AND s.version = w.version
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $5, 'moved schedules') FROM updated`,
);

const insert = prepared(
  'schedules_insert',
  `WITH inserted AS (
     INSERT INTO schedules (version, ${columns})
     SELECT 1, schedule, task, every_ms, cron, timezone, ${at('anchor')}, ${at('next_due_at')}, last_run, active,
       details::jsonb
     FROM unnest(${arrays}) AS w (${columns})
     ORDER BY schedule
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $11, 'new schedules') FROM inserted`,
);

const insertFirings = prepared(
  'schedule_firings_insert',
  `WITH inserted AS (
     INSERT INTO schedule_firings (schedule, scheduled_for, outcome, run, reason)
     SELECT schedule, ${at('scheduled_for')}, outcome, run, reason
     FROM unnest($1::text[], $2::float8[], $3::text[], $4::uuid[], $5::text[])
       AS w (schedule, scheduled_for, outcome, run, reason)
     ORDER BY schedule, scheduled_for
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $6, 'new firings') FROM inserted`,
);

const valuesOf = (changes: readonly ScheduleChange[]): readonly (readonly Scalar[])[] => [
  changes.map(({ value }) => value.schedule),
  changes.map(({ value }) => value.task),
  changes.map(({ value }) => value.everyMs),
  changes.map(({ value }) => value.cron),
  changes.map(({ value }) => value.timezone),
  changes.map(({ value }) => value.anchor),
  changes.map(({ value }) => value.nextDueAt),
  changes.map(({ value }) => value.lastRun),
  changes.map(({ value }) => value.active),
  changes.map(({ value }) => JSON.stringify(value.details)),
];

/** Compares the version of each schedule with the one that was read. */
export function writeSchedules(changes: Changes['schedules']): Statement[] {
  const statements: Statement[] = [];
  const moved = changes.filter(({ isMoved }) => isMoved);
  const known = changes.filter(({ expectedVersion, isMoved }) => expectedVersion !== null && !isMoved);
  const created = changes.filter(({ expectedVersion }) => expectedVersion === null);
  // Everybody locks all that a commit changes in the same order.
  if (moved.length > 0 && known.length > 0)
    statements.push(lockSchedules([...moved, ...known].map(({ value }) => value.schedule)));
  if (known.length > 0) {
    const versions = known.map(({ expectedVersion }) => expectedVersion);
    statements.push(update(...valuesOf(known), versions, known.length));
  }
  if (moved.length > 0)
    statements.push(
      move(
        moved.map(({ value }) => value.schedule),
        moved.map(({ expectedVersion }) => expectedVersion),
        moved.map(({ value }) => value.nextDueAt),
        moved.map(({ value }) => value.lastRun),
        moved.length,
      ),
    );
  if (created.length > 0) statements.push(insert(...valuesOf(created), created.length));
  return statements;
}

/** A due time that somebody else has settled is a conflict. */
export function writeFirings(firings: readonly Firing[]): Statement[] {
  if (firings.length === 0) return [];
  return [
    insertFirings(
      firings.map(({ schedule }) => schedule),
      firings.map(({ scheduledFor }) => scheduledFor),
      firings.map(({ outcome }) => outcome),
      firings.map(({ run }) => run),
      firings.map(({ reason }) => reason),
      firings.length,
    ),
  ];
}
