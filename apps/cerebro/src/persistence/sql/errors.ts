import { DatabaseError } from 'pg';
import type { UnknownOutcome } from '../../coordination/ports/index.js';
import { Conflict, StoreFull, StoreRefused, StoreUnavailable } from '../../coordination/ports/index.js';

export type StoreError = Conflict | StoreRefused | StoreUnavailable | UnknownOutcome;

/** Unique keys by which two coordinators meet: losing the race is a normal outcome. */
const RACED = new Set([
  'runs_pkey',
  'run_keys_pkey',
  'history_parts_pkey',
  'definitions_pkey',
  'schedules_pkey',
  'schedule_firings_pkey',
  'positions_pkey',
]);

/** SQLSTATE of an error that the server itself reported; null when the connection broke or the client gave up. */
export const sqlStateOf = (error: unknown): string | null =>
  error instanceof DatabaseError && error.code ? error.code : null;

/** The session ends with this error, as opposed to the statement. */
export const endsSession = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC';

/** For an error after which nothing was written. */
export function storeErrorOf(error: unknown): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  const state = sqlStateOf(error);
  const options = { cause: error };
  if (state === null) return new StoreUnavailable(message, options);
  if (state === 'CD001') return new Conflict(message, options);
  if (state === '23505' && RACED.has((error as DatabaseError).constraint ?? ''))
    return new Conflict(message, options);
  // 54: a value beyond a limit of PostgreSQL, such as a key that is too long for an index.
  if (/^(22|23|54)/.test(state)) return new StoreRefused(`${state}: ${message}`, options);
  if (state === '53100') return new StoreFull(`${state}: ${message}`, options);
  return new StoreUnavailable(`${state}: ${message}`, options);
}
