import type { PoolClient, QueryResult } from 'pg';
import { StoreRefused, StoreUnavailable, UnknownOutcome } from '../../coordination/ports/index.js';
import { endsSession, sqlStateOf, storeErrorOf, type StoreError } from './errors.js';
import { JoinedQuery } from './joined-query.js';
import { hasEnded } from './sessions.js';
import { sizeOf, type Statement } from './statement.js';

/** Beyond this a batch is refused, which makes the door divide it; a message of the protocol ends at 1 GB. */
const MAX_CHARACTERS = 128 * 1024 * 1024;

interface Answer {
  /** As many as there were before the one that failed. */
  readonly results: readonly QueryResult[];
  readonly error: Error | null;
}

function together(client: PoolClient, statements: readonly Statement[]): Promise<Answer> {
  if (statements.length === 0) return Promise.resolve({ results: [], error: null });
  return new Promise((resolve) => {
    client.query(new JoinedQuery(statements, (error, results) => resolve({ error, results })));
  });
}

const alone = (client: PoolClient, command: string): Promise<Answer> =>
  client.query(command).then(
    (result) => ({ results: [result], error: null }),
    (error: Error) => ({ results: [], error }),
  );

/** All that `ask` asks leaves in one write: the client is in pipeline mode, and its socket is corked meanwhile. */
async function atOnce(client: PoolClient, ask: () => Promise<Answer>[]): Promise<readonly Answer[]> {
  const { stream } = client.connection;
  stream.cork();
  let answers: Promise<Answer>[];
  try {
    answers = ask();
  } finally {
    stream.uncork();
  }
  return Promise.all(answers);
}

/**
 * Statements of a transaction that stays open, in one round trip, between commands that begin or end it.
 * @throws StoreUnavailable | StoreRefused: the transaction is aborted, the caller rolls it back
 */
export async function run(
  client: PoolClient,
  statements: readonly Statement[],
  commands: { readonly before?: string; readonly after?: string } = {},
): Promise<readonly QueryResult[]> {
  const { before, after } = commands;
  const answers = await atOnce(client, () => [
    ...(before === undefined ? [] : [alone(client, before)]),
    together(client, statements),
    ...(after === undefined ? [] : [alone(client, after)]),
  ]);
  for (const { error } of answers) if (error) throw storeErrorOf(error);
  return answers[before === undefined ? 0 : 1]?.results ?? [];
}

/**
 * A whole transaction, or the end of one that is open, in one round trip; gives the results of the statements. When one
 * fails, nothing of the transaction takes effect.
 * @throws Conflict | StoreRefused | StoreUnavailable: nothing was written; UnknownOutcome: something may have been
 */
export async function transact(
  client: PoolClient,
  isOpen: boolean,
  statements: readonly Statement[],
): Promise<readonly QueryResult[]> {
  if (sizeOf(statements) > MAX_CHARACTERS) {
    throw new StoreRefused(`more than ${MAX_CHARACTERS} characters in one transaction`);
  }
  if (hasEnded(client)) throw new StoreUnavailable('the session ended before COMMIT was sent');
  const [answer, commit] = await atOnce(client, () => [
    together(client, statements),
    ...(isOpen ? [alone(client, 'COMMIT')] : []),
  ]);
  const results = answer?.results ?? [];
  // What fails behind all statements of a transaction of their own is its commit.
  if (answer?.error) throw failureOf(answer.error, !isOpen && results.length === statements.length);
  if (commit?.error) throw failureOf(commit.error, true);
  // PostgreSQL answers the COMMIT of what has failed with ROLLBACK.
  if (commit && commit.results[0]?.command !== 'COMMIT') {
    throw new StoreUnavailable('the transaction was rolled back instead of committed');
  }
  return results;
}

/** COMMIT left with the rest: only an answer from the server says that it was not carried out. */
function failureOf(error: unknown, atCommit: boolean): StoreError {
  const unanswered = sqlStateOf(error) === null || (atCommit && endsSession(error));
  if (!unanswered) return storeErrorOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return new UnknownOutcome(`the connection was lost around COMMIT: ${message}`, { cause: error });
}
