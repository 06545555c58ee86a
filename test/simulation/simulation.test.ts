import { afterAll, describe, expect, test } from '@jest/globals';
import { simulate, type Report } from './simulate.js';
import { addTo, emptyTally, printed } from './tally.js';
import { FAULTS } from './world/faults.js';

const BOX_MS = 15_000;
const AT_LEAST = 50;
const LIMITED = 12;

/** What happens as a consequence of faults, or without any. */
const ALSO = [
  ...['redelivered', 'reordered across partitions', 'two owners', 'storeAnswerLost', 'busAnswerLost'],
  ...['one coordinator', 'two coordinators', 'three coordinators', 'set back', 'set ahead'],
  ...['never acknowledged', 'expired invoke', 'file applied', 'file imported', 'file pruned'],
  ...['clear', 'late', 'none', 'ghosts'].map((sight) => `sees others: ${sight}`),
  ...['firings held', 'firings held in vain'],
];
const named = (kind: string): string => kind.replace('PerMinute', '');

const again = (seed: number): string => `repeat it by: npm run simulate -- --seeds 1 --from ${seed}`;
const kept = ({ seed, violations }: Report): void => {
  if (violations.length > 0) throw new Error([again(seed), ...violations].join('\n'));
};

describe('the real coordination over simulated time, Kafka and PostgreSQL', () => {
  const tally = emptyTally();
  const began = performance.now();
  afterAll(() => console.log(printed(tally, performance.now() - began)));

  test(
    'keeps every invariant through the faults of as many seeds as fit, and comes to rest',
    async () => {
      for (let seed = 1; seed <= AT_LEAST || performance.now() - began < BOX_MS; seed++) {
        const report = await simulate(seed);
        addTo(tally, report);
        kept(report);
      }
      expect(tally.seeds).toBeGreaterThanOrEqual(AT_LEAST);
      const never = [...FAULTS.map(named), ...ALSO].filter((kind) => !tally.faults.has(kind));
      expect(never).toEqual([]);
    },
    60 * BOX_MS,
  );

  test('keeps limits of tasks through all of that', async () => {
    for (let seed = 1; seed <= LIMITED; seed++) kept(await simulate(seed, { limit: 1 + (seed % 2) }));
  }, 120_000);

  test('goes the same way whenever it is repeated', async () => {
    const first = await simulate(5);
    expect(first.runs).toBeGreaterThan(0);
    expect(await simulate(5)).toEqual(first);
  }, 120_000);
});
