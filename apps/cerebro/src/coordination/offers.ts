import type { Inbound, Outcome } from './inbound.js';
import type { Item } from './needs.js';

/** @param own this coordinator let it wait itself */
export const offerTo = (run: string, source: string, own: boolean): Inbound => {
  const offer = { kind: 'run-input', run, source, input: { kind: 'capacity' } } as const;
  return own ? { ...offer, isOwn: true } : offer;
};

/** Places that are offered to a run which waits for them. */
export const isOffer = ({ item: { inbounds } }: { readonly item: Item }): boolean =>
  inbounds[0]?.kind === 'run-input' && inbounds[0].input.kind === 'capacity';

/** Whatever is free, the run cannot use it. */
export const isHopeless = (outcome: Outcome): boolean =>
  outcome.kind === 'store-refused' || (outcome.kind === 'refused' && outcome.code === 'unknown_run');
