import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BUS } from './sql-bus.js';
import { FUNCTIONS } from './sql-functions.js';
import { RUNS } from './sql-runs.js';
import { SERVERS } from './sql-servers.js';

/** Everything that version 0.1 stores. */
export class Initial1763600000000 implements MigrationInterface {
  readonly name = 'Initial1763600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [FUNCTIONS, RUNS, SERVERS, BUS]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      ...['runs', 'task_runs', 'history', 'run_keys', 'freshness', 'task_progress', 'task_log'],
      ...['registry', 'servers', 'instances', 'schedules', 'schedule_firings', 'installation'],
      ...['positions', 'outbox', 'dead_letters'],
    ];
    await runner.query(`DROP TABLE ${tables.join(', ')}`);
    await runner.query('DROP FUNCTION cordyna_expect(bigint, bigint, text)');
  }
}
