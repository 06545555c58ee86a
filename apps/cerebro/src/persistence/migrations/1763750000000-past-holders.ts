import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who held an attempt before: an acknowledgement of theirs that comes twice takes nothing back. */
export class PastHolders1763750000000 implements MigrationInterface {
  readonly name = 'PastHolders1763750000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE task_runs ADD COLUMN past_holders jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE task_runs DROP COLUMN past_holders');
  }
}
