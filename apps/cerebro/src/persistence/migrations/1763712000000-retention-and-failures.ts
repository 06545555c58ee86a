import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of a history that a watchdog wrote. Queries take these words as they are, or the indexes are not used. */
export const WATCHDOG_ROW = `applied AND type = 'cordyna.task.error.v1' AND starts_with(source, '/cerebro/')
    AND data #>> '{error,code}' IN ('ack_timeout', 'start_timeout', 'completion_timeout', 'server_lost')`;
/** Which kind of failure such a row is. */
export const WATCHDOG_KIND = `(CASE data #>> '{error,code}' WHEN 'server_lost' THEN 'lost' ELSE 'timeout' END)`;
/** The server of a row's task. */
export const ROW_SERVER = `split_part(task, '.', 1)`;

const UP = `
-- Runs that retention has removed, whose rows in the tables below are removed in small batches.
CREATE TABLE removed_runs (run uuid PRIMARY KEY);

-- Each time that an instance was found lost: the row of the instance itself changes when it is heard again.
CREATE TABLE lost_instances (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT now(),
  server    text NOT NULL,
  instance  text NOT NULL,
  last_seen timestamptz NOT NULL
);
CREATE INDEX lost_instances_by_time   ON lost_instances (at, id);
CREATE INDEX lost_instances_by_server ON lost_instances (server, at, id);

CREATE INDEX runs_by_end          ON runs (finished_at, id) WHERE finished_at IS NOT NULL;
-- Keys go with their runs: they are looked for by run, and never by age.
DROP INDEX run_keys_age;
CREATE INDEX run_keys_run         ON run_keys (run);
CREATE INDEX schedule_firings_age ON schedule_firings (scheduled_for);
CREATE INDEX dead_letters_by_time ON dead_letters (at, id);

-- Failures are few among millions of rows: each kind has an index of its own that holds nothing else.
CREATE INDEX history_refused            ON history (recorded_at, run, seq) WHERE NOT applied;
CREATE INDEX history_refused_by_server  ON history (${ROW_SERVER}, recorded_at, run, seq) WHERE NOT applied;
CREATE INDEX history_watchdog ON history (${WATCHDOG_KIND}, recorded_at, run, seq) WHERE ${WATCHDOG_ROW};
CREATE INDEX history_watchdog_by_server ON history (${ROW_SERVER}, ${WATCHDOG_KIND}, recorded_at, run, seq)
  WHERE ${WATCHDOG_ROW};
`;

const INDEXES = [
  ...['runs_by_end', 'run_keys_run', 'schedule_firings_age', 'dead_letters_by_time'],
  ...['history_refused', 'history_refused_by_server', 'history_watchdog', 'history_watchdog_by_server'],
];

/** What finds old rows, and failures, among millions. */
export class RetentionAndFailures1763712000000 implements MigrationInterface {
  readonly name = 'RetentionAndFailures1763712000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${INDEXES.join(', ')}`);
    await runner.query('DROP TABLE removed_runs, lost_instances');
    await runner.query('CREATE INDEX run_keys_age ON run_keys (created_at)');
  }
}
