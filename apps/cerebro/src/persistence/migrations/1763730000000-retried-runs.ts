import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a run was retried as a whole: its invokes since then say so. */
export class RetriedRuns1763730000000 implements MigrationInterface {
  readonly name = 'RetriedRuns1763730000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE runs ADD COLUMN retried boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE runs DROP COLUMN retried');
  }
}
