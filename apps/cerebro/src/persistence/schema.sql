CREATE OR REPLACE FUNCTION cordyna_expect(actual bigint, expected bigint, subject text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF actual IS DISTINCT FROM expected THEN
    RAISE EXCEPTION '%: % as expected instead of %', subject, actual, expected USING ERRCODE = 'CD001';
  END IF;
END $function$;

CREATE TABLE cirrus_queue (
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  queue text NOT NULL,
  name text NOT NULL,
  payload jsonb NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT cirrus_queue_pkey PRIMARY KEY (seq)
);

CREATE TABLE coordinators (
  instance text NOT NULL,
  member text,
  session_pid integer NOT NULL,
  session_began timestamp with time zone NOT NULL,
  signed_at timestamp with time zone NOT NULL,
  taken_out text,
  taken_out_at timestamp with time zone,
  CONSTRAINT coordinators_pkey PRIMARY KEY (instance)
);

CREATE TABLE dead_letters (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL DEFAULT now(),
  reason text NOT NULL,
  detail text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  offset bigint NOT NULL,
  key bytea,
  value bytea,
  truncated boolean NOT NULL,
  CONSTRAINT dead_letters_pkey PRIMARY KEY (id)
);

CREATE TABLE definitions (
  kind text NOT NULL,
  name text NOT NULL,
  version bigint NOT NULL,
  body jsonb,
  author text,
  reason text,
  at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT definitions_pkey PRIMARY KEY (kind, name, version)
);

CREATE TABLE event_states (
  id text NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  value jsonb,
  rule text,
  event_set text,
  expires_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT event_states_pkey PRIMARY KEY (id)
);

CREATE TABLE freshness (
  task text NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  consumed jsonb NOT NULL DEFAULT '{}'::jsonb,
  latest_run uuid,
  holders jsonb NOT NULL DEFAULT '{}'::jsonb,
  output text,
  completed_at timestamp with time zone,
  ended_run uuid,
  ended_state text,
  ended_created_at timestamp with time zone,
  CONSTRAINT freshness_pkey PRIMARY KEY (task)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500, fillfactor=50);

CREATE TABLE history_failures (
  run uuid NOT NULL,
  seq integer NOT NULL,
  recorded_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,
  server text,
  instance text,
  task text,
  attempt bigint,
  reason text NOT NULL,
  detail text NOT NULL,
  topic text,
  partition integer,
  offset bigint,
  CONSTRAINT history_failures_pkey PRIMARY KEY (run, seq)
);

CREATE TABLE history_parts (
  run uuid NOT NULL,
  first_seq integer NOT NULL,
  last_seq integer NOT NULL,
  recorded_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  entries text NOT NULL,
  CONSTRAINT history_parts_pkey PRIMARY KEY (run, first_seq)
) WITH (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_insert_scale_factor=0.05);

CREATE TABLE installation (
  only_row boolean NOT NULL DEFAULT true,
  secret text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT installation_only_row_check CHECK (only_row),
  CONSTRAINT installation_pkey PRIMARY KEY (only_row)
);

CREATE TABLE instances (
  server text NOT NULL,
  instance text NOT NULL,
  state text NOT NULL,
  state_since timestamp with time zone NOT NULL DEFAULT now(),
  heartbeats boolean NOT NULL,
  last_seen timestamp with time zone NOT NULL DEFAULT now(),
  clock_skew_ms double precision,
  capacity bigint,
  queue_limit bigint,
  queued bigint,
  started bigint,
  CONSTRAINT instances_pkey PRIMARY KEY (server, instance)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=200, fillfactor=40);

CREATE TABLE lost_instances (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL DEFAULT now(),
  server text NOT NULL,
  instance text NOT NULL,
  last_seen timestamp with time zone NOT NULL,
  CONSTRAINT lost_instances_pkey PRIMARY KEY (id)
);

CREATE TABLE outbox (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  messages integer NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  stamp timestamp with time zone NOT NULL DEFAULT now(),
  settled integer[] NOT NULL DEFAULT '{}'::integer[],
  heads text NOT NULL,
  bodies bytea NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (id)
) WITH (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000);

CREATE TABLE positions (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT positions_pkey PRIMARY KEY (topic, partition)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=200, fillfactor=20);

CREATE TABLE registry (
  only_row boolean NOT NULL DEFAULT true,
  version bigint NOT NULL,
  CONSTRAINT registry_only_row_check CHECK (only_row),
  CONSTRAINT registry_pkey PRIMARY KEY (only_row)
) WITH (fillfactor=10);

CREATE TABLE removed_runs (
  run uuid NOT NULL,
  CONSTRAINT removed_runs_pkey PRIMARY KEY (run)
);

CREATE TABLE rule_firings (
  firing uuid NOT NULL,
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  version bigint NOT NULL,
  rule text NOT NULL,
  state text NOT NULL,
  at timestamp with time zone NOT NULL,
  run uuid,
  finished_at timestamp with time zone,
  value jsonb NOT NULL,
  CONSTRAINT rule_firings_pkey PRIMARY KEY (firing)
);

CREATE TABLE run_keys (
  target text NOT NULL,
  key text NOT NULL,
  run uuid NOT NULL,
  content_hash text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT run_keys_pkey PRIMARY KEY (target, key)
);

CREATE TABLE run_seeds (
  run uuid NOT NULL,
  seed text NOT NULL,
  CONSTRAINT run_seeds_pkey PRIMARY KEY (run)
);

CREATE TABLE runs (
  id uuid NOT NULL,
  version bigint NOT NULL,
  state text NOT NULL,
  task text,
  job text,
  scope text NOT NULL,
  trigger jsonb NOT NULL,
  content_hash text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  next_seq integer NOT NULL,
  retried boolean NOT NULL DEFAULT false,
  CONSTRAINT runs_pkey PRIMARY KEY (id)
) WITH (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.05, fillfactor=50);

CREATE TABLE schedule_firings (
  schedule text NOT NULL,
  scheduled_for timestamp with time zone NOT NULL,
  outcome text NOT NULL,
  run uuid,
  reason text,
  CONSTRAINT schedule_firings_pkey PRIMARY KEY (schedule, scheduled_for)
);

CREATE TABLE schedules (
  schedule text NOT NULL,
  version bigint NOT NULL,
  task text,
  every_ms bigint,
  cron text,
  timezone text NOT NULL,
  anchor timestamp with time zone NOT NULL,
  next_due_at timestamp with time zone,
  last_run uuid,
  active boolean NOT NULL,
  details jsonb NOT NULL,
  CONSTRAINT schedules_pkey PRIMARY KEY (schedule)
) WITH (fillfactor=50);

CREATE TABLE schema_migrations (
  id integer NOT NULL DEFAULT nextval('schema_migrations_id_seq'::regclass),
  timestamp bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT PK_62441bec32630ced9e4cccae336 PRIMARY KEY (id)
);

CREATE TABLE server_load (
  instance text NOT NULL,
  server text NOT NULL,
  lane integer NOT NULL,
  waiting integer NOT NULL,
  unfinished integer NOT NULL,
  CONSTRAINT server_load_pkey PRIMARY KEY (instance, server, lane)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=200, fillfactor=20);

CREATE TABLE servers (
  server text NOT NULL,
  version text,
  team text,
  contact text,
  description text,
  tasks text[] NOT NULL,
  declaration jsonb NOT NULL,
  definition jsonb NOT NULL,
  declared_at timestamp with time zone NOT NULL DEFAULT now(),
  withdrawn_at timestamp with time zone,
  notices jsonb NOT NULL DEFAULT '[]'::jsonb,
  CONSTRAINT servers_pkey PRIMARY KEY (server)
);

CREATE TABLE signal_rules (
  signal uuid NOT NULL,
  rule text NOT NULL,
  outcome text NOT NULL,
  reason text,
  firing uuid,
  CONSTRAINT signal_rules_pkey PRIMARY KEY (signal, rule)
);

CREATE TABLE signals (
  signal uuid NOT NULL,
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  source text NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  subject text,
  data jsonb NOT NULL,
  force boolean NOT NULL,
  at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL DEFAULT now(),
  outcome text NOT NULL,
  CONSTRAINT signals_pkey PRIMARY KEY (signal)
);

CREATE TABLE task_log (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  run uuid NOT NULL,
  invocation text NOT NULL,
  at timestamp with time zone NOT NULL,
  level text NOT NULL,
  message text NOT NULL,
  CONSTRAINT task_log_pkey PRIMARY KEY (run, invocation, id)
) WITH (autovacuum_vacuum_scale_factor=0.05);

CREATE TABLE task_progress (
  run uuid NOT NULL,
  invocation text NOT NULL,
  percent double precision,
  message text,
  at timestamp with time zone NOT NULL,
  CONSTRAINT task_progress_pkey PRIMARY KEY (run, invocation)
) WITH (fillfactor=50);

CREATE TABLE watched_task_runs (
  run uuid NOT NULL,
  index integer NOT NULL,
  server text NOT NULL,
  invocation text,
  instance text,
  deadline_at timestamp with time zone,
  deadline_kind text,
  retry_at timestamp with time zone,
  waiting_server text,
  run_created_at timestamp with time zone NOT NULL,
  CONSTRAINT watched_task_runs_pkey PRIMARY KEY (run, index)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000, fillfactor=50);

CREATE INDEX cirrus_queue_at ON cirrus_queue USING btree (at);
CREATE INDEX cirrus_queue_entries ON cirrus_queue USING btree (queue, seq);
CREATE INDEX dead_letters_by_time ON dead_letters USING btree (at, id);
CREATE INDEX event_states_expiring ON event_states USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX event_states_updated ON event_states USING btree (updated_at);
CREATE INDEX history_failures_by_kind ON history_failures USING btree (kind, recorded_at, run, seq);
CREATE INDEX history_failures_by_server ON history_failures USING btree (server, kind, recorded_at, run, seq);
CREATE INDEX history_stream ON history_parts USING btree (xid);
CREATE INDEX lost_instances_by_server ON lost_instances USING btree (server, at, id);
CREATE INDEX lost_instances_by_time ON lost_instances USING btree (at, id);
CREATE INDEX rule_firings_by_rule ON rule_firings USING btree (rule, seq);
CREATE INDEX rule_firings_finished ON rule_firings USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX rule_firings_open ON rule_firings USING btree (seq) WHERE (state = ANY (ARRAY['due'::text, 'running'::text]));
CREATE INDEX run_keys_run ON run_keys USING btree (run);
CREATE INDEX runs_by_end ON runs USING btree (finished_at, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX runs_by_job ON runs USING btree (job, created_at DESC, id DESC) WHERE (job IS NOT NULL);
CREATE INDEX runs_by_state ON runs USING btree (state, created_at DESC, id DESC);
CREATE INDEX runs_by_task ON runs USING btree (task, created_at DESC, id DESC) WHERE (task IS NOT NULL);
CREATE INDEX schedule_firings_age ON schedule_firings USING btree (scheduled_for);
CREATE INDEX schedules_due ON schedules USING btree (next_due_at) WHERE (active AND (next_due_at IS NOT NULL));
CREATE INDEX schedules_waiting ON schedules USING btree (schedule) WHERE (active AND ((details -> 'waiting'::text) <> '[]'::jsonb));
CREATE INDEX signals_id ON signals USING btree (id);
CREATE INDEX signals_pending ON signals USING btree (seq) WHERE (outcome = 'pending'::text);
CREATE INDEX signals_received ON signals USING btree (received_at);
CREATE UNIQUE INDEX signals_seq ON signals USING btree (seq);
CREATE INDEX watched_deadlines ON watched_task_runs USING btree (deadline_at) WHERE (deadline_at IS NOT NULL);
CREATE INDEX watched_lines ON watched_task_runs USING btree (waiting_server, run_created_at, run) WHERE (waiting_server IS NOT NULL);
CREATE INDEX watched_retries ON watched_task_runs USING btree (retry_at) WHERE (retry_at IS NOT NULL);

CREATE VIEW history AS
 SELECT p.run,
    (((p.first_seq + e.place) - 1))::integer AS seq,
    to_timestamp((((e.entry ->> 0))::double precision / (1000)::double precision)) AS at,
    p.recorded_at,
    (e.entry ->> 1) AS source,
    (e.entry ->> 2) AS type,
    (e.entry ->> 3) AS task,
    ((e.entry ->> 4))::integer AS item,
    ((e.entry ->> 5))::bigint AS attempt,
    ((e.entry ->> 6))::boolean AS applied,
    (e.entry ->> 7) AS reason,
    (e.entry ->> 8) AS topic,
    ((e.entry ->> 9))::integer AS partition,
    ((e.entry ->> 10))::bigint AS "offset",
    (e.entry -> 11) AS data,
    p.xid,
    p.first_seq,
    p.last_seq
   FROM (history_parts p
     CROSS JOIN LATERAL jsonb_array_elements((p.entries)::jsonb) WITH ORDINALITY e(entry, place));
