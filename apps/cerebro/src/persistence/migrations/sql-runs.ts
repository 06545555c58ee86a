/**
 * Runs and what happened in them. No foreign keys: rows of one run are written in one transaction under its version, and
 * the checks would cost a lookup per row on the hot path.
 */
export const RUNS = `
CREATE TABLE runs (
  id           uuid PRIMARY KEY,
  version      bigint NOT NULL,
  state        text NOT NULL,
  task         text,
  job          text,
  scope        text NOT NULL,
  trigger      jsonb NOT NULL,
  seed         jsonb NOT NULL,
  content_hash text NOT NULL,
  created_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  next_seq     integer NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX runs_by_time  ON runs (created_at DESC, id DESC);
CREATE INDEX runs_by_state ON runs (state, created_at DESC, id DESC);
CREATE INDEX runs_by_task  ON runs (task, created_at DESC, id DESC) WHERE task IS NOT NULL;
CREATE INDEX runs_by_job   ON runs (job, created_at DESC, id DESC) WHERE job IS NOT NULL;

-- One row per task of a run, and one per element of a forEach.
CREATE TABLE task_runs (
  run            uuid NOT NULL,
  index          integer NOT NULL,
  member         integer NOT NULL,
  task           text NOT NULL,
  server         text NOT NULL,
  item_index     integer,
  item           jsonb,
  state          text NOT NULL,
  reason         text,
  blocked_by     text,
  attempt        integer NOT NULL,
  failures       integer NOT NULL,
  invocation     text,
  deadline_at    timestamptz,
  deadline_kind  text,
  retry_at       timestamptz,
  waiting_server text,
  instance       text,
  invoked_at     timestamptz,
  queued_at      timestamptz,
  started_at     timestamptz,
  finished_at    timestamptz,
  output         jsonb,
  error          jsonb,
  outside        jsonb NOT NULL,
  elements_first integer,
  elements_count integer,
  run_created_at timestamptz NOT NULL,
  PRIMARY KEY (run, index)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX task_runs_deadline   ON task_runs (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX task_runs_retry      ON task_runs (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX task_runs_waiting    ON task_runs (waiting_server, run_created_at, run) WHERE waiting_server IS NOT NULL;
CREATE INDEX task_runs_pending    ON task_runs (server, run) WHERE state = 'pending';
CREATE INDEX task_runs_unfinished ON task_runs (server, instance)
  WHERE invocation IS NOT NULL AND state IN ('invoked', 'queued', 'started');
CREATE INDEX task_runs_latest     ON task_runs (task, run_created_at DESC) WHERE item_index IS NULL;

-- What happened, applied or refused: then attempt is whatever the sender said. xid makes a cursor that no later commit can precede.
CREATE TABLE history (
  run         uuid NOT NULL,
  seq         integer NOT NULL,
  at          timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  source      text NOT NULL,
  type        text NOT NULL,
  task        text,
  item        integer,
  attempt     bigint,
  applied     boolean NOT NULL,
  reason      text,
  topic       text,
  partition   integer,
  "offset"    bigint,
  data        jsonb NOT NULL,
  xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (run, seq)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX history_stream ON history (xid, run, seq);

-- The same request twice is one run.
CREATE TABLE run_keys (
  target       text NOT NULL,
  key          text NOT NULL,
  run          uuid NOT NULL,
  content_hash text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (target, key)
);
CREATE INDEX run_keys_age ON run_keys (created_at);

-- What a task consumed last from dependencies outside its run, and its own latest completion.
CREATE TABLE freshness (
  task         text PRIMARY KEY,
  version      bigint NOT NULL DEFAULT 0,
  consumed     jsonb NOT NULL DEFAULT '{}',
  latest_run   uuid,
  latest_index integer,
  latest_list  boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE TABLE task_progress (
  run        uuid NOT NULL,
  invocation text NOT NULL,
  percent    double precision,
  message    text,
  at         timestamptz NOT NULL,
  PRIMARY KEY (run, invocation)
) WITH (fillfactor = 50);

-- The last 1,000 lines of each attempt.
CREATE TABLE task_log (
  id         bigint GENERATED ALWAYS AS IDENTITY,
  run        uuid NOT NULL,
  invocation text NOT NULL,
  at         timestamptz NOT NULL,
  level      text NOT NULL,
  message    text NOT NULL,
  PRIMARY KEY (run, invocation, id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
`;
