import { describe, expect, test } from '@jest/globals';
import { growthTable } from '../figures/more-tables.js';
import { partsTable, Stopwatch } from '../figures/parts.js';
import { median, midmean } from '../figures/percentiles.js';
import { idleTable } from '../figures/table.js';
import { validityOf } from '../figures/validity.js';
import { warmUpTable } from '../figures/warm-up-table.js';
import { planOf } from '../plans.js';
import { figuresSection } from '../report/page.js';
import type { Warmed } from '../workloads/warm-up.js';

const reference = { cpu: 'AMD EPYC', cores: 2, memoryGiB: 24, node: 'v20.19.0', isReference: true };
const known = { when: 'before', W1: 1.86, W2: 21_300, W3: 26_400 };
const steady: Warmed = { subject: 'bare', seconds: 3, isSteady: true, rounds: { W1: [4, 2, 2] } };
const unsteady: Warmed = { subject: 'cordyna', seconds: 6, isSteady: false, rounds: { W1: [9, 6] } };
const idle = { coordinator: { cpuShare: 0.012, memoryMiB: 150 } };

describe('the validity of a run', () => {
  test('is there as long as the relay is no more than 25 % slower than it can be', () => {
    const almost = { when: 'after', W1: 1.86 * 1.24, W2: 21_300 * 0.76, W3: 26_400 * 2 };
    expect(validityOf([known, almost], reference, [steady])).toEqual({ valid: true, findings: [] });
  });

  test('is gone when it is slower before or after, in any shape', () => {
    const slowHops = validityOf([{ ...known, W1: 1.86 * 1.26 }, known], reference, []);
    const slowFans = validityOf([known, { ...known, when: 'after', W2: 21_300 * 0.74 }], reference, []);
    expect(slowHops).toMatchObject({ valid: false, findings: [expect.stringMatching(/^W1 .*\(before\)$/)] });
    expect(slowFans).toMatchObject({ valid: false, findings: [expect.stringMatching(/^W2 .*\(after\)$/)] });
  });

  test('is not taken by who was not steady, who is named', () => {
    const finding = 'not steady when the warm-up ended: cordyna (2 rounds)';
    expect(validityOf([known, known], reference, [unsteady, steady])).toEqual({
      valid: true,
      findings: [finding],
    });
    const elsewhere = validityOf([known, known], { ...reference, isReference: false }, [unsteady]);
    expect(elsewhere).toEqual({
      valid: true,
      findings: [expect.stringContaining('only the ratios'), finding],
    });
  });
});

test.each([
  [[3], 3, 3],
  [[2, 1], 1, 1.5],
  [[900, 4, 3, 1, 5, 6, 5, 5], 5, 4.75],
])('of %j the median is %d, and the mean of the middle half %d', (values, middle, mean) => {
  expect([median(values), midmean(values)]).toEqual([middle, mean]);
});

describe('tables', () => {
  test('of W6 compare each level with the installation that does not grow', () => {
    const empty = { hopMs: 4, fanTasksPerSecond: 8_000, diamondTasksPerSecond: 5_000 };
    const grown = { hopMs: 4.2, fanTasksPerSecond: 7_200, diamondTasksPerSecond: 5_010, empty };
    const small = { hopMs: 4, tasksPerSecond: 8_000 };
    const largeRun = { hopMs: 4, beginMs: 24, tasksPerSecond: 7_000, small };
    const levels = [{ what: '100,000 finished runs', ...grown, listingMs: null }];
    const table = growthTable({ levels, replayed: 200, largeRun, warmed: [steady] });
    expect(table).toContain('hop +5 %, fan −10 %, diamonds +0 %');
  });

  test('of the warm-up say who was not steady', () => {
    const [, first, second] = warmUpTable([unsteady, steady]).split('\n');
    expect(first).toMatch(/cordyna +6 s, 2 rounds, not steady/);
    expect(second).toMatch(/bare +3 s, 3 rounds, steady/);
  });

  test('of W4 say when it was', () => {
    expect(idleTable(idle, planOf({ quick: true, passes: null, warmUpMs: null }).idle)).toContain(
      'before any load',
    );
    expect(idleTable(idle, planOf({ quick: false, passes: null, warmUpMs: null }).idle)).toContain(
      'for 30 s, after the load',
    );
  });

  test('of parts are the seconds since the process began, and their sum', () => {
    const times = [1_500, 4_000, 4_250];
    const watch = new Stopwatch(() => times.shift() ?? Number.NaN);
    for (const name of ['start', 'W4', 'stop']) watch.end(name);
    expect(watch.parts).toEqual([
      { name: 'start', seconds: 1.5 },
      { name: 'W4', seconds: 2.5 },
      { name: 'stop', seconds: 0.25 },
    ]);
    expect(partsTable(watch.parts)).toMatch(/start 1\.5, W4 2\.5, stop 0\.3; together 4\.3$/);
  });

  test('on the page are those of the run, with what is to be known of it', () => {
    const plan = planOf({ quick: true, passes: null, warmUpMs: null });
    const parts = [{ name: 'W4', seconds: 4.5 }];
    const nothing = {
      summaries: [],
      measured: [],
      openLoad: null,
      growth: null,
      schedules: null,
      graph: null,
    };
    const validity = validityOf([known, known], reference, [unsteady]);
    const at = '2026-01-02T03:04:05Z';
    const run = { at, quick: true, plan, parts, machine: reference, validity, warmed: [unsteady], idle };
    const section = figuresSection({ ...nothing, ...run, calibrations: [known, known] }, ['cpu.svg']);
    expect(section).toContain('Measured 2026-01-02 by `npm run bench -- --quick`');
    expect(section).toContain(
      'The baselines are what they should be on this class of machine; not steady when the warm-up ended: cordyna (2 rounds).',
    );
    expect(section).toContain('W4 idle for 3 s, before any load');
    expect(section).toContain('W4 4.5; together 4.5');
  });
});
