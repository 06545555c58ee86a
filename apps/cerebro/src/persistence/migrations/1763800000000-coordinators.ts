import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The coordinators that run: which member of the consumer group each one is, and the session that shows that it lives. */
export class Coordinators1763800000000 implements MigrationInterface {
  readonly name = 'Coordinators1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE coordinators (
  instance      text PRIMARY KEY,
  member        text,
  session_pid   integer NOT NULL,
  session_began timestamptz NOT NULL,
  signed_at     timestamptz NOT NULL,
  taken_out     text,
  taken_out_at  timestamptz
)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE coordinators');
  }
}
