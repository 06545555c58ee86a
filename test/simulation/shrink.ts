import { simulate, type Options } from './simulate.js';
import { FAULTS, type FaultKind } from './world/faults.js';

/** Kinds of faults that a failing seed does not need in order to fail: what is left is easier to understand. */
export async function shrink(seed: number, options: Options): Promise<readonly FaultKind[]> {
  const without: FaultKind[] = [...(options.without ?? [])];
  for (const kind of FAULTS) {
    if (without.includes(kind)) continue;
    const { violations } = await simulate(seed, { ...options, without: [...without, kind] });
    if (violations.length > 0) without.push(kind);
  }
  return without;
}
