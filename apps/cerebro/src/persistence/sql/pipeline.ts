import type { PoolClient, QueryResult } from 'pg';
import { StoreRefused, StoreUnavailable, UnknownOutcome } from '../../coordination/ports/index.js';
import { endsSession, sqlStateOf, storeErrorOf, type StoreError } from './errors.js';
import { hasEnded } from './sessions.js';
import { sizeOf, type Statement } from './statement.js';

/** Beyond this a batch is refused, which makes the door divide it; a message of the protocol ends at 1 GB. */
const MAX_CHARACTERS = 128 * 1024 * 1024;

export type Begin = 'BEGIN' | 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** All of it leaves in one write: the client is in pipeline mode, and its socket is corked meanwhile. */
function send(client: PoolClient, statements: readonly (Statement | string)[]): Promise<QueryResult>[] {
  const { stream } = client.connection;
  stream.cork();
  try {
    return statements.map((statement) =>
      typeof statement === 'string'
        ? client.query(statement)
        : client.query({ ...statement, values: [...statement.values] }),
    );
  } finally {
    stream.uncork();
  }
}

/**
 * Statements of a transaction that stays open, in one round trip.
 * @throws StoreUnavailable | StoreRefused: the transaction is aborted, the caller rolls it back
 */
export async function run(
  client: PoolClient,
  statements: readonly (Statement | string)[],
): Promise<QueryResult[]> {
  const settled = await Promise.allSettled(send(client, statements));
  return settled.map((one) => {
    if (one.status === 'rejected') throw storeErrorOf(one.reason);
    return one.value;
  });
}

/**
 * BEGIN, the statements and COMMIT in one round trip; gives the results of the statements. A statement that fails makes
 * PostgreSQL skip all after it and answer COMMIT with ROLLBACK, so nothing of the transaction takes effect.
 * @param begin null when the transaction is open already
 * @throws Conflict | StoreRefused | StoreUnavailable: nothing was written; UnknownOutcome: something may have been
 */
export async function transact(
  client: PoolClient,
  begin: Begin | null,
  statements: readonly Statement[],
): Promise<QueryResult[]> {
  if (sizeOf(statements) > MAX_CHARACTERS) {
    throw new StoreRefused(`more than ${MAX_CHARACTERS} characters in one transaction`);
  }
  if (hasEnded(client)) throw new StoreUnavailable('the session ended before COMMIT was sent');
  const first = begin === null ? 0 : 1;
  const all = [...(begin === null ? [] : [begin]), ...statements, 'COMMIT'];
  const settled = await Promise.allSettled(send(client, all));
  const commitAt = settled.length - 1;
  const failedAt = settled.findIndex(({ status }) => status === 'rejected');
  if (failedAt >= 0) {
    const { reason } = settled[failedAt] as PromiseRejectedResult;
    throw failureOf(reason, failedAt === commitAt);
  }
  const results = settled.map((one) => (one as PromiseFulfilledResult<QueryResult>).value);
  if (results[commitAt]?.command !== 'COMMIT') {
    throw new StoreUnavailable('the transaction was rolled back instead of committed');
  }
  return results.slice(first, commitAt);
}

/** COMMIT left with the rest: only an answer from the server says that it was not carried out. */
function failureOf(error: unknown, atCommit: boolean): StoreError {
  const unanswered = sqlStateOf(error) === null || (atCommit && endsSession(error));
  if (!unanswered) return storeErrorOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return new UnknownOutcome(`the connection was lost around COMMIT: ${message}`, { cause: error });
}
