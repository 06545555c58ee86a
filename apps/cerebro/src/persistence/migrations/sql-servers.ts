/** What is declared, who is alive, and when what is due. */
export const SERVERS = `
-- One row: every change of a declaration raises it.
CREATE TABLE registry (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version  bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO registry (version) VALUES (0);

CREATE TABLE servers (
  server       text PRIMARY KEY,
  version      text,
  team         text,
  contact      text,
  description  text,
  tasks        text[] NOT NULL,
  declaration  jsonb NOT NULL,
  definition   jsonb NOT NULL,
  declared_at  timestamptz NOT NULL DEFAULT now(),
  withdrawn_at timestamptz
);

CREATE TABLE instances (
  server        text NOT NULL,
  instance      text NOT NULL,
  state         text NOT NULL,
  state_since   timestamptz NOT NULL DEFAULT now(),
  heartbeats    boolean NOT NULL,
  last_seen     timestamptz NOT NULL DEFAULT now(),
  clock_skew_ms double precision,
  capacity      bigint,
  queue_limit   bigint,
  queued        bigint,
  started       bigint,
  PRIMARY KEY (server, instance)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

CREATE TABLE schedules (
  schedule    text PRIMARY KEY,
  version     bigint NOT NULL,
  task        text NOT NULL,
  every_ms    bigint,
  cron        text,
  timezone    text NOT NULL,
  anchor      timestamptz NOT NULL,
  next_due_at timestamptz,
  last_run    uuid,
  active      boolean NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX schedules_due ON schedules (next_due_at) WHERE active AND next_due_at IS NOT NULL;

-- Each due time of a schedule once, whoever settles it.
CREATE TABLE schedule_firings (
  schedule      text NOT NULL,
  scheduled_for timestamptz NOT NULL,
  outcome       text NOT NULL,
  run           uuid,
  reason        text,
  PRIMARY KEY (schedule, scheduled_for)
);

-- What all coordinators of this installation share.
CREATE TABLE installation (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  secret     text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
`;
