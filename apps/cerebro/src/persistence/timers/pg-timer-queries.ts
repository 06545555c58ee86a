import type { Pool } from 'pg';
import {
  TimerQueries,
  positionOf,
  type LookQuestion,
  type OutboxRow,
} from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import * as attempts from './attempts.js';
import * as capacity from './capacity.js';
import { dueEvents } from './events.js';
import * as instances from './instances.js';
import { lookAround } from './look.js';
import * as outbox from './outbox.js';
import * as schedules from './schedules.js';
import * as withdrawn from './withdrawn.js';

const positions = prepared(
  'timer_positions',
  `SELECT topic, partition, next_offset FROM positions WHERE topic = ANY ($1::text[])`,
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

  dueSchedules(aheadMs: number, limit: number) {
    return schedules.dueSchedules(this.pool, aheadMs, limit);
  }

  schedulesThatWait(limit: number) {
    return schedules.schedulesThatWait(this.pool, limit);
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
