import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people define: every version with its author and reason, the newest of each in force. */
export class Definitions1763720000000 implements MigrationInterface {
  readonly name = 'Definitions1763720000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE definitions (
  kind    text NOT NULL,
  name    text NOT NULL,
  version bigint NOT NULL,
  body    jsonb,
  author  text,
  reason  text,
  at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, name, version)
);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE definitions');
  }
}
