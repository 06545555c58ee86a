import type { QueryResult } from 'pg';
import type { Changes, Saved } from '../../../coordination/ports/index.js';
import { prepared, rowsOf, type Statement } from '../../sql/statement.js';
import { ms, wholeMs } from '../../sql/time.js';
import { writeDeadLetters } from './dead-letters.js';
import { writeFreshness } from './freshness.js';
import { writeHistory } from './history.js';
import { lostBy, writeInstances } from './instances.js';
import { writeKeys } from './keys.js';
import { insertOutbox, removeOutbox, storedOutbox } from './outbox.js';
import { movePositions } from './positions.js';
import { declaredTasks, lockRegistry, writeDeclarations } from './registry.js';
import { writeRuns } from './runs.js';
import { writeFirings, writeSchedules } from './schedules.js';
import { writeTaskRuns } from './task-runs.js';

const clock = prepared('clock', `SELECT ${ms('now()')} AS clock`);

/**
 * All that a commit sends, every kind of row locked in the same order by everybody. The clock comes first, the messages
 * last.
 */
export function statementsOf(changes: Changes): readonly Statement[] {
  return [
    clock(),
    ...movePositions(changes.positions),
    ...lockRegistry(changes.registry),
    ...writeRuns(changes),
    ...writeKeys(changes.keys),
    ...writeDeclarations(changes.registry),
    ...writeFreshness(changes, declaredTasks(changes.registry)),
    ...writeSchedules(changes.schedules),
    ...writeInstances(changes),
    ...removeOutbox(changes),
    ...writeTaskRuns(changes.runs),
    ...writeHistory(changes.runs),
    ...writeFirings(changes.firings),
    ...writeDeadLetters(changes.deadLetters),
    ...insertOutbox(changes.outbox),
  ];
}

/** @param results of `statements`, which are `statementsOf(changes)`, in their order */
export function savedOf(
  changes: Changes,
  statements: readonly Statement[],
  results: readonly QueryResult[],
): Saved {
  const [time] = rowsOf<{ clock: number }>(results[0]);
  return {
    outbox: changes.outbox.length > 0 ? storedOutbox(changes.outbox, results.at(-1)) : [],
    lost: lostBy(statements, results),
    clock: wholeMs(time?.clock ?? Number.NaN),
  };
}
