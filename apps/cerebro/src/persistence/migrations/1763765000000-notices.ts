import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What other servers changed that a server depends on, since it was declared as it is. */
export class Notices1763765000000 implements MigrationInterface {
  readonly name = 'Notices1763765000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE servers ADD COLUMN notices jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE servers DROP COLUMN notices');
  }
}
