import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- Task runs that timers may have to find: a deadline, a retry, a line to wait in, or an instance that holds the attempt.
CREATE TABLE watched_task_runs (
  run            uuid NOT NULL,
  index          integer NOT NULL,
  server         text NOT NULL,
  invocation     text,
  instance       text,
  deadline_at    timestamptz,
  deadline_kind  text,
  retry_at       timestamptz,
  waiting_server text,
  run_created_at timestamptz NOT NULL,
  PRIMARY KEY (run, index)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON COLUMN watched_task_runs.instance IS 'that has queued or started the attempt';
INSERT INTO watched_task_runs
SELECT run, index, server, invocation, CASE WHEN is_held THEN instance END, deadline_at, deadline_kind, retry_at,
  waiting_server, run_created_at
FROM (
  SELECT *, invocation IS NOT NULL AND instance IS NOT NULL AND state IN ('queued', 'started') AS is_held FROM task_runs
  WHERE state IN ('pending', 'invoked', 'queued', 'started')
) AS t
WHERE is_held OR deadline_at IS NOT NULL OR retry_at IS NOT NULL OR waiting_server IS NOT NULL;
CREATE INDEX watched_deadlines ON watched_task_runs (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX watched_retries ON watched_task_runs (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX watched_lines ON watched_task_runs (waiting_server, run_created_at, run) WHERE waiting_server IS NOT NULL;

-- Of a task its latest output and how it ended last; all else of a run is in its history, once.
ALTER TABLE freshness ADD COLUMN output text, ADD COLUMN completed_at timestamptz, ADD COLUMN ended_run uuid,
  ADD COLUMN ended_state text, ADD COLUMN ended_created_at timestamptz;
COMMENT ON COLUMN freshness.output IS 'of latest_run, JSON; of a list those of its elements';
COMMENT ON COLUMN freshness.ended_run IS 'the newest run in which the task ended';
UPDATE freshness f SET completed_at = t.finished_at, output = CASE WHEN f.latest_list THEN (
    SELECT coalesce(jsonb_agg(coalesce(e.output, '{}') ORDER BY e.item_index), '[]') FROM task_runs e
    WHERE e.run = t.run AND e.index >= t.elements_first AND e.index < t.elements_first + t.elements_count
  )::text ELSE coalesce(t.output, '{}')::text END
FROM task_runs t WHERE t.run = f.latest_run AND t.index = f.latest_index;
UPDATE freshness f SET ended_run = t.run, ended_state = t.state, ended_created_at = t.run_created_at FROM (
  SELECT DISTINCT ON (task) task, run, state, run_created_at FROM task_runs
  WHERE item_index IS NULL AND state NOT IN ('pending', 'invoked', 'queued', 'started')
  ORDER BY task, run_created_at DESC
) AS t WHERE t.task = f.task;
ALTER TABLE freshness DROP COLUMN latest_index, DROP COLUMN latest_list;
DROP TABLE task_runs;`;

const DOWN = `
DO $$ BEGIN
  IF EXISTS (SELECT FROM runs) THEN
    RAISE EXCEPTION 'there are runs, whose tasks are known by their histories alone: restore the backup that was made before';
  END IF;
END $$;
DROP TABLE watched_task_runs;
ALTER TABLE freshness DROP COLUMN output, DROP COLUMN completed_at, DROP COLUMN ended_run, DROP COLUMN ended_state,
  DROP COLUMN ended_created_at, ADD COLUMN latest_index integer, ADD COLUMN latest_list boolean NOT NULL DEFAULT false;
CREATE TABLE task_runs (
  run             uuid NOT NULL,
  index           integer NOT NULL,
  member          integer NOT NULL,
  task            text NOT NULL,
  server          text NOT NULL,
  item_index      integer,
  item            jsonb,
  state           text NOT NULL,
  reason          text,
  blocked_by      text,
  attempt         integer NOT NULL,
  failures        integer NOT NULL,
  invocation      text,
  deadline_at     timestamptz,
  deadline_kind   text,
  retry_at        timestamptz,
  waiting_server  text,
  instance        text,
  invoked_at      timestamptz,
  queued_at       timestamptz,
  started_at      timestamptz,
  finished_at     timestamptz,
  output          jsonb,
  error           jsonb,
  outside         jsonb NOT NULL,
  elements_first  integer,
  elements_count  integer,
  run_created_at  timestamptz NOT NULL,
  past_holders    jsonb,
  PRIMARY KEY (run, index)
) WITH (fillfactor = 50, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX task_runs_latest ON task_runs (task, run_created_at DESC) WHERE item_index IS NULL;
CREATE INDEX task_runs_deadline ON task_runs (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX task_runs_retry ON task_runs (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX task_runs_waiting ON task_runs (waiting_server, run_created_at, run) WHERE waiting_server IS NOT NULL;`;

/** A task run has a row only while timers may have to find it; of a task the latest of its runs is known. */
export class WatchedTaskRuns1763850000000 implements MigrationInterface {
  readonly name = 'WatchedTaskRuns1763850000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
