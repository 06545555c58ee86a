import { Pool, type ClientConfig, type PoolClient } from 'pg';
import { StoreUnavailable, UnknownOutcome } from '../../coordination/ports/index.js';
import { endsSession } from './errors.js';
import { hasEnded, watchSession } from './sessions.js';

/** A stopped coordinator, or a stopped PostgreSQL, stops nobody for longer than this. */
const LIMITS = {
  lock_timeout: 1_000,
  statement_timeout: 5_000,
  idle_in_transaction_session_timeout: 2_000,
  // Ours, for an answer that never comes; beyond every limit of the server.
  query_timeout: 8_000,
  connectionTimeoutMillis: 3_000,
} as const;

export interface PoolOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly size: number;
  readonly onError: (error: Error) => void;
  /** Further settings of its sessions: `-c name=value`. */
  readonly settings?: string;
}

/**
 * Settings of a session come after those that the URL itself gives. Every row is reached by a key or an index, but the
 * statistics of a young table say otherwise, and a prepared statement keeps the plan that they once led to. Each statement
 * is planned once: for lists of one element PostgreSQL would plan some of a commit's anew each time, which costs ten times
 * as much as they do, and what timers ask five times before it believes that the plan is always the same. With what is
 * left to the door's statements, they lock rows in the order of an index.
 */
function sessionOptions(
  { url, settings = '' }: PoolOptions,
  hot: boolean,
): Pick<ClientConfig, 'connectionString' | 'options'> {
  const parsed = new URL(url);
  const given = parsed.searchParams.get('options') ?? '';
  parsed.searchParams.delete('options');
  const off = hot ? ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'] : ['seqscan'];
  const plans = [...off.map((kind) => `enable_${kind}=off`), 'jit=off', 'plan_cache_mode=force_generic_plan'];
  const options = [given, ...plans.map((plan) => `-c ${plan}`), settings].join(' ').trim();
  return { connectionString: parsed.href, options };
}

function poolOf(options: PoolOptions, hot: boolean): Pool {
  const { applicationName, size, onError } = options;
  const pool = new Pool({
    ...sessionOptions(options, hot),
    ...LIMITS,
    application_name: applicationName,
    max: size,
    keepAlive: true,
    pipeline: hot,
  });
  // Idle clients report a restart of PostgreSQL here; without a listener the process would end.
  pool.on('error', onError);
  pool.on('connect', watchSession);
  return pool;
}

/** For the door: transactions leave in one piece. */
export const hotPool = (options: PoolOptions): Pool => poolOf(options, true);

/** For timers, progress and whatever else asks single questions. */
export const sidePool = (options: PoolOptions): Pool => poolOf(options, false);

/** @throws StoreUnavailable */
export async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    throw new StoreUnavailable(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A connection of the pool that several transactions may be sent to, one behind the other, before any is answered. */
export class SharedClient {
  private users = 1;
  private broken = false;

  /** Whoever makes it uses it. */
  constructor(readonly client: PoolClient) {}

  /** False: nobody uses it any more, and it is the pool's again. */
  enter(): boolean {
    if (this.users === 0) return false;
    this.users += 1;
    return true;
  }

  /** @param error what the work ended with, if it failed */
  leave(error: unknown): void {
    this.broken ||= isBroken(error);
    this.users -= 1;
    if (this.users > 0) return;
    const { client, broken } = this;
    client.release(broken || hasEnded(client) || client.getTransactionStatus() !== 'I');
  }
}

const isBroken = (error: unknown): boolean =>
  error instanceof UnknownOutcome || (error instanceof StoreUnavailable && endsSession(error.cause));

/**
 * Works with a connection of the pool. One whose session has ended, or that still is in a transaction, is closed
 * afterwards and not used again.
 */
export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const shared = new SharedClient(await connect(pool));
  let failure: unknown = null;
  try {
    return await work(shared.client);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    shared.leave(failure);
  }
}
