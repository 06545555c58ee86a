import { describe, expect, test } from '@jest/globals';
import { PROVOCATIONS } from './provocations.js';
import { simulate } from './simulate.js';
import { SABOTAGES } from './world/sabotages.js';

/** Which of the first seeds shows it depends on the order of events, and so on every change of the product. */
const SEEDS = 25;

describe('the checks see that a safeguard is taken away', () => {
  test.each(SABOTAGES)(
    '%s',
    async (sabotage) => {
      const { seen, ...options } = PROVOCATIONS[sabotage];
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { violations } = await simulate(seed, { ...options, sabotage });
        if (!violations.some((violation) => seen.test(violation))) continue;
        // The same with the safeguard: it is what keeps the invariant.
        expect((await simulate(seed, options)).violations).toEqual([]);
        return;
      }
      throw new Error(`none of ${SEEDS} seeds showed it`);
    },
    300_000,
  );
});
