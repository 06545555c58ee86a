import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What timers ask of task runs by their state is kept per run and server: a change of a task run's state then touches no
 * index of `task_runs`, and may take place in its page.
 */
export class RunServers1763810000000 implements MigrationInterface {
  readonly name = 'RunServers1763810000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE run_servers (
  run         uuid NOT NULL,
  server      text NOT NULL,
  has_pending boolean NOT NULL,
  is_open     boolean NOT NULL,
  unfinished  integer NOT NULL,
  instances   jsonb NOT NULL,
  PRIMARY KEY (run, server)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0);
CREATE INDEX run_servers_pending ON run_servers (server, run) WHERE has_pending;
CREATE INDEX run_servers_open    ON run_servers (server) WHERE is_open;
INSERT INTO run_servers
SELECT run, server, bool_or(state = 'pending'), count(*) FILTER (WHERE open) > 0, count(*) FILTER (WHERE open),
  coalesce(jsonb_agg(DISTINCT instance) FILTER (WHERE open AND state <> 'invoked' AND instance IS NOT NULL), '[]')
FROM (
  SELECT t.run, t.server, t.state, t.instance,
    t.invocation IS NOT NULL AND t.state IN ('invoked', 'queued', 'started') AS open
  FROM task_runs t JOIN runs r ON r.id = t.run WHERE r.state = 'running'
) AS t
WHERE open OR state = 'pending' GROUP BY run, server;
DROP INDEX task_runs_pending, task_runs_unfinished;
ALTER TABLE task_runs SET (fillfactor = 50);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE task_runs SET (fillfactor = 70);
CREATE INDEX task_runs_pending    ON task_runs (server, run) WHERE state = 'pending';
CREATE INDEX task_runs_unfinished ON task_runs (server, instance)
  WHERE invocation IS NOT NULL AND state IN ('invoked', 'queued', 'started');
DROP TABLE run_servers;`);
  }
}
