import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The facts of a commit are few rows instead of one each: `messages` says how many a row holds. */
export class JoinedFacts1763760000000 implements MigrationInterface {
  readonly name = 'JoinedFacts1763760000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE outbox ADD COLUMN messages integer NOT NULL DEFAULT 1;
-- Rows live for milliseconds: to compress them is wasted.
ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTERNAL;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM outbox WHERE messages > 1) THEN
    RAISE EXCEPTION 'messages wait for Kafka: let them leave first';
  END IF;
END $$;
ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTENDED;
ALTER TABLE outbox DROP COLUMN messages;`);
  }
}
