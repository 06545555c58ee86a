import type { DataSource } from 'typeorm';
import { Queries, type FailureFilter } from '../../coordination/ports/index.js';
import { ScheduleFiringEntity } from '../entities/index.js';
import { askerOf, type Asker } from './asker.js';
import { listDeadLetters } from './dead-letters.js';
import { listFailures } from './failures.js';
import { listFlows } from './flows.js';
import { FoldedRuns } from './folded-runs.js';
import { historyOf } from './history.js';
import { logOf } from './log.js';
import { listRuns, oneRun, type RunFilter } from './runs.js';
import { lastStates } from './last-states.js';
import { listServers } from './servers.js';
import { streamAll, streamRun } from './stream.js';
import { taskArgsOf } from './task-args.js';

/**
 * What the API reads, on connections of its own with a limit per statement. Every question may throw StoreUnavailable
 * besides what the port says.
 */
export class TypeOrmQueries extends Queries {
  private readonly ask: Asker;
  private readonly foldedRuns = new FoldedRuns();

  /** @param connected connects with the first question, and again after a failure to */
  constructor(connected: () => Promise<DataSource>) {
    super();
    this.ask = askerOf(connected);
  }

  runs(filter: RunFilter) {
    return this.ask((source) => listRuns(source, filter));
  }

  run(run: string) {
    return this.ask((source) => oneRun(source, this.foldedRuns, run));
  }

  history(run: string, fromSeq = 1, limit?: number) {
    return this.ask((source) => historyOf(source, run, fromSeq, limit));
  }

  taskArgs(run: string, task: string, item: number | null) {
    return this.ask((source) => taskArgsOf(source, run, task, item));
  }

  log(run: string) {
    return this.ask((source) => logOf(source, run));
  }

  servers() {
    return this.ask(listServers);
  }

  lastStates() {
    return this.ask((source) => lastStates(source, this.foldedRuns));
  }

  flows() {
    return this.ask(listFlows);
  }

  deadLetters(filter: { readonly limit: number; readonly cursor?: string }) {
    return this.ask((source) => listDeadLetters(source, filter));
  }

  failures(filter: FailureFilter) {
    return this.ask((source) => listFailures(source, filter));
  }

  stream({
    run,
    cursor,
    limit,
  }: {
    readonly run?: string;
    readonly cursor?: string;
    readonly limit: number;
  }) {
    return this.ask((source) =>
      run === undefined ? streamAll(source, cursor, limit) : streamRun(source, run, cursor, limit),
    );
  }

  firings(schedule: string, limit: number) {
    return this.ask(async (source) => {
      const rows = await source.getRepository(ScheduleFiringEntity).find({
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
    });
  }
}
