import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which attempts hold which places of a task with limits. */
export class Places1763770000000 implements MigrationInterface {
  readonly name = 'Places1763770000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE freshness ADD COLUMN holders jsonb NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE freshness DROP COLUMN holders');
  }
}
