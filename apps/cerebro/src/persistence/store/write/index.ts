import type { QueryResult } from 'pg';
import type { Changes, Saved } from '../../../coordination/ports/index.js';
import { joined, part } from '../../sql/part.js';
import { prepared, rowsOf, type Statement } from '../../sql/statement.js';
import { ms, wholeMs } from '../../sql/time.js';
import { writeDeadLetters } from './dead-letters.js';
import { guardEvents, writeEvents } from './events.js';
import { freshnessOf, writeFreshness, type FreshnessChange } from './freshness.js';
import { writeHistory } from './history.js';
import { lostBy, writeInstances } from './instances.js';
import { writeKeys } from './keys.js';
import { insertOutbox, settleOutbox, storedOutbox } from './outbox.js';
import { movePositions } from './positions.js';
import { declaredTasks, lockRegistry, writeDeclarations } from './registry.js';
import { writeRuns } from './runs.js';
import { writeFirings, writeSchedules } from './schedules.js';
import { writeServerLoad } from './server-load.js';
import { writeTaskRuns } from './task-runs.js';

/** The session remembers the commit that it carried out last; a transaction that is rolled back takes this along. */
const MARK = `${ms('now()')} AS clock, set_config('cordyna.commit', $1::text, false)`;
const plainMark = part('commit_mark', { changes: '', answers: MARK });
// To ask for its id gives a transaction one, and what has one waits for the disk: only of what writes anyway.
const markWithId = part('commit_mark_id', {
  changes: '',
  answers: `${MARK}, pg_current_xact_id()::text AS transaction`,
});
const mark = ({ runs }: Changes, name: string): Statement => (runs.length > 0 ? markWithId : plainMark)(name);
const expectMark = prepared(
  'commit_expected',
  `SELECT cordyna_expect((current_setting('cordyna.commit', true) = $1::text)::int, 1, 'the commit before')`,
);

/** Ends the transaction unless the commit of that name is the last that this session carried out. */
export const after = (name: string): Statement => expectMark(name);

/**
 * All that a commit sends, every kind of row locked in the same order by everybody. The clock comes first, the messages
 * last. When it has a few rows of each kind it is one statement.
 * @param freshness of these changes, by `freshnessChange`
 */
export function statementsOf(
  changes: Changes,
  name: string,
  freshness: FreshnessChange,
): readonly Statement[] {
  return joined([
    mark(changes, name),
    ...movePositions(changes.positions),
    ...lockRegistry(changes.registry),
    ...writeRuns(changes),
    ...writeKeys(changes.keys),
    ...writeDeclarations(changes.registry),
    ...writeFreshness(freshness),
    ...writeSchedules(changes.schedules),
    ...guardEvents(changes.events),
    ...writeInstances(changes),
    ...settleOutbox(changes),
    ...writeTaskRuns(changes.runs),
    ...writeServerLoad(changes.load),
    ...writeHistory(changes.runs),
    ...writeFirings(changes.firings),
    ...writeEvents(changes.events),
    ...writeDeadLetters(changes.deadLetters),
    ...insertOutbox(changes.outbox),
  ]);
}

/** What a transaction that is held sends at once; the clock comes first, the messages last. */
export const heldStatementsOf = (changes: Changes, name: string, stamp: number): readonly Statement[] => [
  mark(changes, name),
  ...writeRuns(changes),
  ...writeTaskRuns(changes.runs),
  ...writeHistory(changes.runs),
  ...insertOutbox(changes.outbox, stamp),
];

/** What it sends with its commit: all that others may wait for, locked in the order of `statementsOf`. */
export const heldChecksOf = (changes: Changes): readonly Statement[] => [
  ...lockRegistry(changes.registry),
  ...writeSchedules(changes.schedules),
  ...writeServerLoad(changes.load),
  ...writeFirings(changes.firings),
];

/** @param known tasks whose rows of freshness are there for certain */
export const freshnessChange = (changes: Changes, known: ReadonlySet<string>): FreshnessChange =>
  freshnessOf(changes, declaredTasks(changes.registry), known);

/**
 * @param results of `statements`, which are `statementsOf(changes)`, in their order
 * @param stamp of the messages; when absent that of the transaction
 */
export function savedOf(
  changes: Changes,
  statements: readonly Statement[],
  results: readonly QueryResult[],
  stamp?: number,
): Saved {
  const [time] = rowsOf<{ clock: number; transaction?: string }>(results[0]);
  const clock = wholeMs(time?.clock ?? Number.NaN);
  return {
    outbox: changes.outbox.length > 0 ? storedOutbox(changes.outbox, results.at(-1), clock, stamp) : null,
    lost: lostBy(statements, results),
    clock,
    transaction: time?.transaction === undefined ? null : BigInt(time.transaction),
  };
}
