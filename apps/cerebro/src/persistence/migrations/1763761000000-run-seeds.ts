import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run's seed never changes, and its row does at every step: each change copied the seed. */
export class RunSeeds1763761000000 implements MigrationInterface {
  readonly name = 'RunSeeds1763761000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE run_seeds (
  run  uuid PRIMARY KEY,
  seed jsonb NOT NULL
);
INSERT INTO run_seeds (run, seed) SELECT id, seed FROM runs;
ALTER TABLE runs DROP COLUMN seed;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE runs ADD COLUMN seed jsonb;
UPDATE runs r SET seed = s.seed FROM run_seeds s WHERE s.run = r.id;
ALTER TABLE runs ALTER COLUMN seed SET NOT NULL;
DROP TABLE run_seeds;`);
  }
}
