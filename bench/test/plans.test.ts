import { describe, expect, test } from '@jest/globals';
import { benchOptions, WORKLOADS } from '../options.js';
import { planOf } from '../plans.js';

const whole = planOf({ quick: false, passes: null, warmUpMs: null });
const quick = planOf({ quick: true, passes: null, warmUpMs: null });

const MAY_BE_NONE = new Set([
  '.growth.levels.0',
  '.growth.settleLimitMs',
  '.growth.warmUps',
  '.idle.settleMs',
]);

/** Every number of a plan by the path to it. */
function numbersOf(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => numbersOf(inner, `${path}.${name}`));
}

describe('what is asked of the bench', () => {
  test('is all workloads of a whole run, when nothing is said', () => {
    const options = benchOptions([]);
    expect(options).toMatchObject({ quick: false, passes: null, warmUpMs: null, profileDir: null });
    expect([...options.workloads]).toEqual([...WORKLOADS]);
  });

  test('is what the options say', () => {
    const options = benchOptions([
      '--quick',
      '--profile',
      '--only',
      'W2, graph',
      '--passes',
      '3',
      '--warm-up',
      '60',
    ]);
    expect(options).toMatchObject({
      quick: true,
      passes: 3,
      warmUpMs: 60_000,
      profileDir: '.cordyna/bench/profiles',
    });
    expect([...options.workloads]).toEqual(['W2', 'graph']);
  });

  test.each([
    [['--only', 'W8']],
    [['--passes', '0']],
    [['--passes', '1.5']],
    [['--passes', 'few']],
    [['--warm-up=-1']],
  ])('%j is answered with the usage', (args) => expect(() => benchOptions(args)).toThrow('npm run bench'));
});

describe('plans', () => {
  test('a whole run is what docs/performance.md says of it', () => {
    expect(whole.idle).toEqual({ when: 'after the load', settleMs: 60_000, ms: 30_000 });
    expect(whole.growth.levels).toEqual([0, 100_000, 1_000_000]);
    expect(whole.schedules.schedules).toBe(1_000);
    expect(whole.warmUpMs).toBe(240_000);
    expect(whole.throughput).toMatchObject({ when: 'once warm', passes: 4 });
  });

  test('a quick run does less of everything, and leaves nothing out', () => {
    const most = new Map(numbersOf(whole));
    for (const [path, count] of numbersOf(quick)) {
      expect([path, count <= (most.get(path) ?? Number.NaN)]).toEqual([path, true]);
      if (!MAY_BE_NONE.has(path)) expect([path, count > 0]).toEqual([path, true]);
    }
    expect(Object.keys(quick)).toEqual(Object.keys(whole));
  });

  test('in a quick run, too, orders are rotated, and a single slow pass does not make it void', () => {
    expect(quick.throughput.passes).toBeGreaterThanOrEqual(2);
    expect(quick.calibration.passes).toBe(whole.calibration.passes);
  });

  test('passes and the warm-up can be asked for, and change nothing else', () => {
    const throughput = { ...quick.throughput, passes: 7 };
    expect(planOf({ quick: true, passes: 7, warmUpMs: 9_000 })).toEqual({
      ...quick,
      warmUpMs: 9_000,
      throughput,
    });
  });
});
