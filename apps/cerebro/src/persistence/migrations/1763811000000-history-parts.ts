import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROW_SERVER, WATCHDOG_KIND, WATCHDOG_ROW } from './1763712000000-retention-and-failures.js';

const PARTS = `
-- What one commit added to a run's history: a list of entries, whose order the view below knows. One row for each entry
-- cost a fifth of PostgreSQL's time. xid makes a cursor that no later commit can precede.
CREATE TABLE history_parts (
  run         uuid NOT NULL,
  first_seq   integer NOT NULL,
  last_seq    integer NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
  entries     jsonb NOT NULL,
  PRIMARY KEY (run, first_seq)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
-- To compress them costs more than to write them.
ALTER TABLE history_parts ALTER COLUMN entries SET STORAGE EXTERNAL;

-- What was refused, and what watchdogs ended: few among millions of entries.
CREATE TABLE history_failures (
  run         uuid NOT NULL,
  seq         integer NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind        text NOT NULL,
  server      text,
  instance    text,
  task        text,
  attempt     bigint,
  reason      text NOT NULL,
  detail      text NOT NULL,
  topic       text,
  partition   integer,
  "offset"    bigint,
  PRIMARY KEY (run, seq)
);`;

const CONVERT = `
INSERT INTO history_parts (run, first_seq, last_seq, recorded_at, xid, entries)
SELECT run, min(seq), max(seq), min(recorded_at), xid,
  jsonb_agg(jsonb_build_array((extract(epoch FROM at) * 1000)::float8, source, type, task, item, attempt, applied, reason,
    topic, partition, "offset"::text, data) ORDER BY seq)
FROM (
  SELECT *, (seq - row_number() OVER (PARTITION BY run, xid ORDER BY seq)) AS island FROM history
) AS h
GROUP BY run, xid, island, seq / 500;
INSERT INTO history_failures (run, seq, recorded_at, kind, server, instance, task, attempt, reason, detail, topic,
  partition, "offset")
SELECT run, seq, recorded_at,
  CASE WHEN NOT applied THEN 'refused' WHEN data #>> '{error,code}' = 'server_lost' THEN 'lost' ELSE 'timeout' END,
  nullif(split_part(task, '.', 1), ''), data->>'instance', task, attempt,
  CASE WHEN applied THEN data #>> '{error,code}' ELSE coalesce(reason, '') END,
  CASE WHEN applied THEN coalesce(data #>> '{error,message}', '') ELSE type || ' from ' || source END,
  topic, partition, "offset"
FROM history
WHERE NOT applied OR (type = 'cordyna.task.error.v1' AND starts_with(source, '/cerebro/')
  AND data #>> '{error,code}' IN ('ack_timeout', 'start_timeout', 'completion_timeout', 'server_lost'));
DROP TABLE history;`;

const AFTER = `
CREATE INDEX history_stream ON history_parts (xid, run, first_seq);
CREATE INDEX history_failures_by_kind   ON history_failures (kind, recorded_at, run, seq);
CREATE INDEX history_failures_by_server ON history_failures (server, kind, recorded_at, run, seq);
CREATE VIEW history AS
SELECT p.run, (p.first_seq + e.place - 1)::int AS seq, to_timestamp((e.entry->>0)::float8 / 1000) AS at, p.recorded_at,
  e.entry->>1 AS source, e.entry->>2 AS type, e.entry->>3 AS task, (e.entry->>4)::int AS item,
  (e.entry->>5)::bigint AS attempt, (e.entry->>6)::boolean AS applied, e.entry->>7 AS reason, e.entry->>8 AS topic,
  (e.entry->>9)::int AS partition, (e.entry->>10)::bigint AS "offset", e.entry->11 AS data, p.xid, p.first_seq, p.last_seq
FROM history_parts p CROSS JOIN LATERAL jsonb_array_elements(p.entries) WITH ORDINALITY AS e (entry, place);`;

const BACK = `
ALTER VIEW history RENAME TO history_unfolded;
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
INSERT INTO history (run, seq, at, recorded_at, source, type, task, item, attempt, applied, reason, topic, partition,
  "offset", data, xid)
SELECT run, seq, at, recorded_at, source, type, task, item, attempt, applied, reason, topic, partition, "offset", data,
  xid FROM history_unfolded;
DROP VIEW history_unfolded;
DROP TABLE history_parts, history_failures;
CREATE INDEX history_stream ON history (xid, run, seq);
CREATE INDEX history_refused            ON history (recorded_at, run, seq) WHERE NOT applied;
CREATE INDEX history_refused_by_server  ON history (${ROW_SERVER}, recorded_at, run, seq) WHERE NOT applied;
CREATE INDEX history_watchdog ON history (${WATCHDOG_KIND}, recorded_at, run, seq) WHERE ${WATCHDOG_ROW};
CREATE INDEX history_watchdog_by_server ON history (${ROW_SERVER}, ${WATCHDOG_KIND}, recorded_at, run, seq)
  WHERE ${WATCHDOG_ROW};`;

/** A history is one row for each run and commit instead of one for each entry; `history` is a view that unfolds it. */
export class HistoryParts1763811000000 implements MigrationInterface {
  readonly name = 'HistoryParts1763811000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [PARTS, CONVERT, AFTER]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(BACK);
  }
}
