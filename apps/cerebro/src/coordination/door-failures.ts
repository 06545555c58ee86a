import type { Inbound } from './inbound.js';
import { Conflict, StoreRefused, StoreUnavailable, UnknownOutcome } from './ports/index.js';

/** The next batch needs more than memory holds: it waits for the commit that is under way. */
export class NotRemembered extends Error {}

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

export const isTransient = (error: unknown): error is Error =>
  error instanceof Conflict || error instanceof StoreUnavailable || error instanceof UnknownOutcome;

/** The dead letter that takes the place of a message; null when it did not come from the bus. */
export function asDeadLetter(inbound: Inbound, error: Error): Inbound | null {
  if (!('where' in inbound) || !inbound.where) return null;
  const reason = error instanceof StoreRefused ? 'store_refused' : 'handler_failed';
  return { kind: 'poison', reason, detail: error.message, where: inbound.where };
}

const RETRY_MS = [5, 20, 50, 100, 250, 500, 1_000];

/** How long to wait after so many failures of the database. */
export const retryAfterMs = (failures: number): number =>
  RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 1_000;
