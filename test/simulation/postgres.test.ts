import { afterAll, expect, test } from '@jest/globals';
import { emptyDatabase } from '@cordyna/testkit';
import { simulateOnBoth } from './postgres/compare.js';
import { simulatedDatabase, type SimulatedDatabase } from './postgres/simulated-database.js';

const BOX_MS = 12_000;
const AT_LEAST = 10;

let database: SimulatedDatabase | null = null;
afterAll(() => database?.close());

test(
  'PostgreSQL answers all that coordinators ask it as the store in memory does, and has the same in its tables',
  async () => {
    database = await simulatedDatabase((await emptyDatabase()).url);
    const began = performance.now();
    let steps = 0;
    let seeds = 0;
    for (let seed = 1; seed <= AT_LEAST || performance.now() - began < BOX_MS; seed++, seeds++) {
      const compared = await simulateOnBoth(seed, database);
      expect({ seed, violations: compared.violations }).toEqual({ seed, violations: [] });
      steps += compared.steps;
    }
    console.log(`${seeds} seeds on PostgreSQL: ${steps} steps, each answered alike`);
    expect(steps).toBeGreaterThan(AT_LEAST * 50);
  },
  10 * BOX_MS,
);
