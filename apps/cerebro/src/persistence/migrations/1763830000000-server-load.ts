import type { MigrationInterface, QueryRunner } from 'typeorm';

const OPEN = `t.invocation IS NOT NULL AND t.state IN ('invoked', 'queued', 'started')`;

const UP = `
-- What servers have: one row for each server or instance and lane, which a commit adds to, instead of one for each run.
CREATE TABLE server_load (
  instance   text NOT NULL,
  server     text NOT NULL,
  lane       integer NOT NULL,
  waiting    integer NOT NULL,
  unfinished integer NOT NULL,
  PRIMARY KEY (instance, server, lane)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
COMMENT ON COLUMN server_load.instance IS 'empty: the server as a whole';
COMMENT ON COLUMN server_load.lane IS 'sessions add to different ones; what there is, is their sum, of which one may be negative';
COMMENT ON COLUMN server_load.waiting IS 'runs with pending tasks of the server';
COMMENT ON COLUMN server_load.unfinished IS 'attempts invoked, queued or started; of an instance those queued or started by it';
INSERT INTO server_load
SELECT '', server, 0, count(*) FILTER (WHERE has_pending), sum(unfinished) FROM run_servers GROUP BY server;
INSERT INTO server_load
SELECT t.instance, t.server, 0, 0, count(*) FROM run_servers w JOIN task_runs t ON t.run = w.run AND t.server = w.server
WHERE w.is_open AND ${OPEN} AND t.state <> 'invoked' AND t.instance IS NOT NULL
GROUP BY t.instance, t.server;
DROP TABLE run_servers;`;

const DOWN = `
CREATE TABLE run_servers (
  run         uuid NOT NULL,
  server      text NOT NULL,
  has_pending boolean NOT NULL,
  is_open     boolean NOT NULL,
  unfinished  integer NOT NULL,
  instances   jsonb NOT NULL,
  PRIMARY KEY (server, run)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0);
CREATE INDEX run_servers_open ON run_servers (server) WHERE is_open;
INSERT INTO run_servers
SELECT run, server, bool_or(state = 'pending'), count(*) FILTER (WHERE open) > 0, count(*) FILTER (WHERE open),
  coalesce(jsonb_agg(DISTINCT instance) FILTER (WHERE open AND state <> 'invoked' AND instance IS NOT NULL), '[]')
FROM (
  SELECT t.run, t.server, t.state, t.instance, ${OPEN} AS open
  FROM task_runs t JOIN runs r ON r.id = t.run WHERE r.state = 'running'
) AS t
WHERE open OR state = 'pending' GROUP BY run, server;
DROP TABLE server_load;`;

/** What timers ask of task runs by their state is kept per server, whatever their run. */
export class ServerLoad1763830000000 implements MigrationInterface {
  readonly name = 'ServerLoad1763830000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
