import type { Outcome } from './inbound.js';
import type { Item } from './needs.js';

/** Places that are offered to a run which waits for them. */
export const isOffer = ({ item: { inbounds } }: { readonly item: Item }): boolean =>
  inbounds[0]?.kind === 'run-input' && inbounds[0].input.kind === 'capacity';

/** Whatever is free, the run cannot use it. */
export const isHopeless = (outcome: Outcome): boolean =>
  outcome.kind === 'store-refused' || (outcome.kind === 'refused' && outcome.code === 'unknown_run');
