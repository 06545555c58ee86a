import type { EventSetBody } from '@cordyna/protocol/model';
import { neededOf } from './match.js';
import type { LatchState, EventSignal } from './model.js';

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
