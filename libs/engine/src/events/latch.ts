import type { EventSetBody } from '@cordyna/protocol/model';
import { MAX_WAIT_MS, neededOf, type Expired } from './match.js';
import type { EventRef, EventSignal, LatchedEvent, LatchState } from './model.js';

export type Latched =
  | { readonly outcome: 'triggered' }
  | { readonly outcome: 'waiting'; readonly reason: string }
  | { readonly outcome: 'filtered'; readonly reason: string };

/**
 * Of a latched set: it is complete with all that happened, this event included. An event that happened before completes
 * nothing, unless it is forced. The rules are those of Cirrus (github.com/cschin/cirrus, `get_triggered_rules`).
 */
export function matchLatched(
  set: EventSetBody,
  { happened }: LatchState,
  { type, force }: EventSignal,
): Latched {
  if (happened.includes(type) && !force)
    return { outcome: 'filtered', reason: `${type} happened before, and is not forced` };
  const there = new Set([...happened, type]);
  const types = [...new Set(set.events)];
  const missing = types.filter((one) => !there.has(one));
  if (types.length - missing.length >= neededOf(set)) return { outcome: 'triggered' };
  return { outcome: 'waiting', reason: `waits for ${missing.join(', ')}` };
}

export const withHappened = (latch: LatchState, type: string): LatchState =>
  latch.happened.includes(type) ? latch : { ...latch, happened: [...latch.happened, type].sort() };

/** The event counts from now on. Where one of its type waited, it waits no more. */
export function withEvent(
  latch: LatchState,
  event: LatchedEvent,
): { readonly latch: LatchState; readonly former: LatchedEvent | undefined } {
  const { events = [] } = latch;
  const former = events.find(({ type }) => type === event.type);
  const others = events.filter((one) => one !== former);
  return { latch: { ...latch, events: [...others, event] }, former };
}

/** What an event makes a rule fire with: the others of its set that happened, and those of them that waited in it. */
export function useLatched(
  latch: LatchState,
  rule: string,
  set: EventSetBody,
  { type: own }: Pick<EventSignal, 'type'>,
  now: number,
): {
  readonly latch: LatchState;
  readonly events: readonly EventRef[];
  readonly waited: readonly EventRef[];
} {
  const { events = [] } = latch;
  const used = events.filter(({ type }) => type !== own && set.events.includes(type));
  const waited = used.filter((one) => one.waitsIn.includes(rule) && isInLedger(one, now));
  const left = events.map((one) =>
    used.includes(one) ? { ...one, waitsIn: one.waitsIn.filter((name) => name !== rule) } : one,
  );
  const refOf = ({ signal, type }: EventRef): EventRef => ({ signal, type });
  return { latch: { ...latch, events: left }, events: used.map(refOf), waited: waited.map(refOf) };
}

/** What waited for longer than that may have left the ledger. */
const isInLedger = ({ at }: LatchedEvent, now: number): boolean => at + MAX_WAIT_MS > now;

/** Where an event waits no more, by rule. */
export const endedWaits = (
  event: LatchedEvent | undefined,
  reason: string,
  now: number,
): readonly (Expired & { readonly rule: string })[] =>
  event && isInLedger(event, now)
    ? event.waitsIn.map((rule) => ({ rule, signal: event.signal, reason }))
    : [];
