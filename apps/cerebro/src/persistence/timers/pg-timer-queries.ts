import type { Pool } from 'pg';
import {
  TimerQueries,
  positionOf,
  type LookQuestion,
  type OutboxRow,
} from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import { ms } from '../sql/time.js';
import * as attempts from './attempts.js';
import * as capacity from './capacity.js';
import { dueEvents } from './events.js';
import * as instances from './instances.js';
import { lookAround } from './look.js';
import * as outbox from './outbox.js';
import * as withdrawn from './withdrawn.js';

const positions = prepared(
  'timer_positions',
  `SELECT topic, partition, next_offset FROM positions WHERE topic = ANY ($1::text[])`,
);
/** Their last run has ended, and a due time waits for that. */
const WAITING = `schedules s LEFT JOIN runs r ON r.id = s.last_run AND r.state = 'running'
   WHERE s.active AND s.details->'waiting' <> '[]'::jsonb AND r.id IS NULL`;
// now() of a statement by itself is when it came; an index is not searched for a clock that may move meanwhile.
const schedules = prepared(
  'timer_schedules',
  `SELECT schedule, ${ms('next_due_at')} AS due_at FROM schedules
   WHERE active AND next_due_at IS NOT NULL AND next_due_at <= now() + $1::float8 * interval '1 millisecond'
   UNION ALL
   SELECT s.schedule, 0 FROM ${WAITING}
   ORDER BY due_at, schedule LIMIT $2`,
);
const waiting = prepared(
  'timer_schedules_waiting',
  `SELECT s.schedule FROM ${WAITING} ORDER BY schedule LIMIT $1`,
);

/** Single indexed questions, outside every transaction of the door. */
export class PgTimerQueries extends TimerQueries {
  constructor(private readonly pool: Pool) {
    super();
  }

  look(question: LookQuestion) {
    return lookAround(this.pool, question);
  }

  async positions(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    type Row = { topic: string; partition: number; next_offset: string };
    const rows = await ask<Row>(this.pool, positions(topics));
    return new Map(
      rows.map(({ topic, partition, next_offset: next }) => [positionOf(topic, partition), BigInt(next)]),
    );
  }

  async dueSchedules(aheadMs: number, limit: number) {
    const rows = await ask<{ schedule: string; due_at: number }>(this.pool, schedules(aheadMs, limit));
    return rows.map(({ schedule, due_at: dueAt }) => ({ schedule, dueAt }));
  }

  async schedulesThatWait(limit: number) {
    const rows = await ask<{ schedule: string }>(this.pool, waiting(limit));
    return rows.map(({ schedule }) => schedule);
  }

  dueDeadlines(before: number, limit: number) {
    return attempts.dueDeadlines(this.pool, before, limit);
  }

  runsWithDueRetries(limit: number) {
    return attempts.runsWithDueRetries(this.pool, limit);
  }

  runsOfWithdrawnServers(limit: number) {
    return withdrawn.runsOfWithdrawnServers(this.pool, limit);
  }

  attemptsOfGoneInstances(before: number, limit: number) {
    return attempts.attemptsOfGoneInstances(this.pool, before, limit);
  }

  runsWaitingPerServer(limit: number) {
    return capacity.runsWaitingPerServer(this.pool, limit);
  }

  silentInstances(before: number) {
    return instances.silentInstances(this.pool, before);
  }

  dueEvents(limit: number) {
    return dueEvents(this.pool, limit);
  }

  claimUnpublished(olderThanMs: number, limit: number) {
    return outbox.claimUnpublished(this.pool, olderThanMs, limit);
  }

  countUnpublished() {
    return outbox.countUnpublished(this.pool);
  }

  renewUnpublished(claimed: readonly OutboxRow[]) {
    return outbox.renewUnpublished(this.pool, claimed);
  }
}
