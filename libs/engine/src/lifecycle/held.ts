import type { Freshness, FreshnessWrite } from '../model/index.js';

/** The places of a task that are held after a decision wrote `written`. */
export function heldAfter(
  before: Freshness['holders'],
  written: FreshnessWrite['holders'],
): Pick<Freshness, 'holders'> {
  if (!written) return before ? { holders: before } : {};
  const merged = Object.entries({ ...before, ...written });
  return {
    holders: Object.fromEntries(merged.filter((one): one is [string, readonly string[]] => one[1] !== null)),
  };
}
