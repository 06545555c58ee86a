import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Listings of all runs take the newest of each state, which has an index; that by time alone cost two entries for each run. */
export class RunsByState1763840000000 implements MigrationInterface {
  readonly name = 'RunsByState1763840000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX runs_by_time');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX runs_by_time ON runs (created_at DESC, id DESC)');
  }
}
