import type { MigrationInterface, QueryRunner } from 'typeorm';

const BEFORE = `
ALTER TABLE outbox RENAME TO outbox_before;
ALTER INDEX outbox_pkey RENAME TO outbox_before_pkey;
ALTER SEQUENCE outbox_id_seq RENAME TO outbox_before_id_seq;`;

const TABLE = `
-- Messages that Kafka has not taken yet, as far as is known: one row for each commit. It goes when nothing of it is owed
-- any more, within moments, so that all of them are looked through faster than an index with their remains.
CREATE TABLE outbox (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  messages   integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  stamp      timestamptz NOT NULL DEFAULT now(),
  settled    integer[] NOT NULL DEFAULT '{}',
  heads      text NOT NULL,
  bodies     bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON COLUMN outbox.settled IS 'which messages are not owed any more, from 0';
COMMENT ON COLUMN outbox.heads IS 'JSON: what messages have in common; for each of them the number of that, partition, id,
run, invocation (true: its id), bytes of key and of value';
COMMENT ON COLUMN outbox.bodies IS 'keys and values, one behind the other';
-- To compress them is wasted.
ALTER TABLE outbox ALTER COLUMN heads SET STORAGE EXTERNAL, ALTER COLUMN bodies SET STORAGE EXTERNAL;`;

/** A row that held several messages had of each its id, run, key and value, with their lengths (all ones: there is none). */
const CONVERT = `
CREATE FUNCTION cordyna_parts(joined bytea) RETURNS SETOF bytea LANGUAGE plpgsql AS $$
DECLARE
  place integer := 1;
  size  bigint;
BEGIN
  WHILE place <= length(joined) LOOP
    size := ('x' || encode(substr(joined, place, 4), 'hex'))::bit(32)::bigint & 4294967295;
    place := place + 4;
    IF size = 4294967295 THEN
      RETURN NEXT NULL;
    ELSE
      RETURN NEXT substr(joined, place, size::integer);
      place := place + size::integer;
    END IF;
  END LOOP;
END $$;
WITH one AS (
  SELECT id, 0::bigint AS n, message_id, run, key, value FROM outbox_before WHERE messages = 1
  UNION ALL
  SELECT id, n, convert_from(parts[1], 'UTF8'), convert_from(parts[2], 'UTF8'), parts[3], parts[4]
  FROM (
    SELECT o.id, (place - 1) / 4 AS n, array_agg(part ORDER BY place) AS parts
    FROM outbox_before o CROSS JOIN LATERAL cordyna_parts(o.value) WITH ORDINALITY AS p (part, place)
    WHERE o.messages > 1 GROUP BY o.id, (place - 1) / 4
  ) AS several
), joined AS (
  SELECT id, json_agg(json_build_array(0, partition, one.message_id, one.run, invocation, length(one.key),
      length(one.value)) ORDER BY n) AS messages,
    string_agg(coalesce(one.key, '') || coalesce(one.value, ''), '' ORDER BY n) AS bodies
  FROM one JOIN outbox_before o USING (id) GROUP BY id
)
INSERT INTO outbox (id, messages, created_at, stamp, heads, bodies) OVERRIDING SYSTEM VALUE
SELECT id, o.messages, created_at, stamp,
  json_build_object('commons', json_build_array(json_build_array(kind, topic, headers, server, ack_ms)),
    'messages', j.messages)::text,
  j.bodies
FROM outbox_before o JOIN joined j USING (id) ORDER BY id;
-- No number comes twice.
SELECT setval('outbox_id_seq', nextval('outbox_before_id_seq'));
DROP FUNCTION cordyna_parts;
DROP TABLE outbox_before;`;

const BACK = `
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM outbox) THEN
    RAISE EXCEPTION 'messages wait for Kafka: let them leave first';
  END IF;
END $$;
DROP TABLE outbox;
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
  stamp      timestamptz NOT NULL DEFAULT now(),
  messages   integer NOT NULL DEFAULT 1
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX outbox_stamp      ON outbox (stamp);
CREATE INDEX outbox_invocation ON outbox (invocation) WHERE ack_ms IS NOT NULL;`;

/** The messages of a commit are one row instead of one for each command (adr/0015). */
export class OneOutboxRow1763820000000 implements MigrationInterface {
  readonly name = 'OneOutboxRow1763820000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [BEFORE, TABLE, CONVERT]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(BACK);
  }
}
