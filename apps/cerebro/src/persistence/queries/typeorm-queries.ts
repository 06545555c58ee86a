import type { DataSource } from 'typeorm';
import { Queries } from '../../coordination/ports/index.js';
import { ScheduleFiringEntity } from '../entities/index.js';
import { listDeadLetters } from './dead-letters.js';
import { historyOf } from './history.js';
import { logOf } from './log.js';
import { listRuns, oneRun, type RunFilter } from './runs.js';
import { lastStates, listServers } from './servers.js';
import { streamAll, streamRun } from './stream.js';

/** What the API reads, on connections of its own with a limit per statement. */
export class TypeOrmQueries extends Queries {
  /** @param connected connects with the first question, and again after a failure to */
  constructor(private readonly connected: () => Promise<DataSource>) {
    super();
  }

  async runs(filter: RunFilter) {
    return listRuns(await this.connected(), filter);
  }

  async run(run: string) {
    return oneRun(await this.connected(), run);
  }

  async history(run: string, fromSeq = 1, limit?: number) {
    return historyOf(await this.connected(), run, fromSeq, limit);
  }

  async log(run: string) {
    return logOf(await this.connected(), run);
  }

  async servers() {
    return listServers(await this.connected());
  }

  async lastStates() {
    return lastStates(await this.connected());
  }

  async deadLetters(filter: { readonly limit: number; readonly cursor?: string }) {
    return listDeadLetters(await this.connected(), filter);
  }

  async stream(filter: { readonly run?: string; readonly cursor?: string; readonly limit: number }) {
    const source = await this.connected();
    const { run, cursor, limit } = filter;
    return run === undefined ? streamAll(source, cursor, limit) : streamRun(source, run, cursor, limit);
  }

  async firings(schedule: string, limit: number) {
    const rows = await (await this.connected()).getRepository(ScheduleFiringEntity).find({
      where: { schedule },
      order: { scheduledFor: 'DESC' },
      take: limit,
    });
    return rows.map(({ scheduledFor, outcome, run, reason }) => ({
      scheduledFor: scheduledFor.toISOString(),
      outcome,
      run,
      reason,
    }));
  }
}
