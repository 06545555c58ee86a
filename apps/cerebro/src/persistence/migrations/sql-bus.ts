/** Where the bus meets the database. Rows of the outbox live for milliseconds: vacuum must keep up with that. */
export const BUS = `
-- The offset of the next record to apply, moved in the transaction that applies what is before it.
CREATE TABLE positions (
  topic       text NOT NULL,
  partition   integer NOT NULL,
  next_offset bigint NOT NULL,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

-- Messages that Kafka has not taken yet, as far as is known.
CREATE TABLE outbox (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text NOT NULL,
  message_id text NOT NULL,
  topic      text NOT NULL,
  partition  integer,
  key        bytea,
  value      bytea,
  headers    jsonb NOT NULL,
  invocation text,
  run        text,
  ack_ms     bigint,
  server     text,
  created_at timestamptz NOT NULL DEFAULT now(),
  stamp      timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_stamp      ON outbox (stamp);
CREATE INDEX outbox_invocation ON outbox (invocation) WHERE ack_ms IS NOT NULL;

CREATE TABLE dead_letters (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT now(),
  reason    text NOT NULL,
  detail    text NOT NULL,
  topic     text NOT NULL,
  partition integer NOT NULL,
  "offset"  bigint NOT NULL,
  key       bytea,
  value     bytea,
  truncated boolean NOT NULL
);
`;
