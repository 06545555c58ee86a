import type { FuseState } from './model.js';

const MINUTE_MS = 60_000;

/** Counts a firing, or blows the fuse instead: a rule that sets itself off again is stopped by it. */
export function countFiring(
  fuse: FuseState,
  limit: number,
  now: number,
): { readonly fuse: FuseState; readonly fires: boolean } {
  if (fuse.blown) return { fuse, fires: false };
  const isOver = now >= fuse.since + MINUTE_MS || now < fuse.since;
  const counted = isOver ? { ...fuse, since: now, firings: 0 } : fuse;
  if (counted.firings < limit) return { fuse: { ...counted, firings: counted.firings + 1 }, fires: true };
  const reason = `more than ${limit} firings within a minute`;
  return { fuse: { ...counted, blown: { at: now, reason } }, fires: false };
}

/** Events count for the rule again; what came meanwhile stays filtered. */
export const resetFuse = (
  fuse: FuseState,
  by: { readonly author: string | null; readonly reason: string | null },
  now: number,
): FuseState => ({ ...fuse, since: now, firings: 0, blown: null, reset: { at: now, ...by } });
