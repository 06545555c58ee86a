import type { Inbound } from './inbound.js';
import { Conflict, StoreRefused, StoreUnavailable, UnknownOutcome } from './ports/index.js';

/** The next batch needs more than memory holds: it waits for the commit that is under way. */
export class NotRemembered extends Error {}

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

export const isTransient = (error: unknown): error is Error =>
  error instanceof Conflict || error instanceof StoreUnavailable || error instanceof UnknownOutcome;

/** So many conflicts one after the other, under locks, are no longer others that were faster. */
const MANY_CONFLICTS = 10;

/** Does it say that commits do not work at present? That something was changed meanwhile is normal. */
export const isTrouble = (error: Error, failures: number): boolean =>
  !(error instanceof Conflict) || failures >= MANY_CONFLICTS;

/** The dead letter that takes the place of a message; null when it did not come from the bus. */
export function asDeadLetter(inbound: Inbound, error: Error): Inbound | null {
  if (!('where' in inbound) || !inbound.where) return null;
  const reason = error instanceof StoreRefused ? 'store_refused' : 'handler_failed';
  return { kind: 'poison', reason, detail: error.message, where: inbound.where };
}

const RETRY_MS = [5, 20, 50, 100, 250, 500, 1_000];

/** Waits as long as is good after so many failures of the database. */
export const pauseAfter = (failures: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]));
