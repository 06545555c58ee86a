import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Schedules that no task declares, overrides of declared ones, and firings that wait. */
export class LiveSchedules1763740000000 implements MigrationInterface {
  readonly name = 'LiveSchedules1763740000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE schedules ALTER COLUMN task DROP NOT NULL;
ALTER TABLE schedules ADD COLUMN details jsonb;
UPDATE schedules SET details = jsonb_build_object(
  'declared', jsonb_build_object('everyMs', every_ms, 'cron', cron, 'timezone', timezone,
    'anchor', (extract(epoch FROM anchor) * 1000)::bigint),
  'isDeclared', active, 'body', NULL, 'bodyAnchor', NULL, 'by', NULL, 'paused', NULL, 'waiting', '[]'::jsonb,
  'revision', 0);
ALTER TABLE schedules ALTER COLUMN details SET NOT NULL;
CREATE INDEX schedules_waiting ON schedules (schedule) WHERE active AND details->'waiting' <> '[]'::jsonb;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP INDEX schedules_waiting;
DELETE FROM schedules WHERE task IS NULL;
ALTER TABLE schedules DROP COLUMN details;
ALTER TABLE schedules ALTER COLUMN task SET NOT NULL;`);
  }
}
