import { describe, expect, test } from '@jest/globals';
import { cronErrors, dueBetween, firstDue, nextDue } from '@cordyna/engine';

const at = (text: string): number => Date.parse(text);
const times = (due: readonly (number | null)[]) =>
  due.map((ms) => (ms === null ? null : new Date(ms).toISOString()));

describe('an interval', () => {
  const timing = { everyMs: 1_000, anchor: 5_300 };

  test('is due at the anchor and every interval after it', () => {
    expect([0, 5_299, 5_300, 5_301, 6_299, 6_300].map((ms) => nextDue(timing, ms))).toEqual([
      5_300, 5_300, 6_300, 6_300, 6_300, 7_300,
    ]);
    expect([5_300, 5_301].map((ms) => firstDue(timing, ms))).toEqual([5_300, 6_300]);
  });

  test('lists what fell due after one time up to and including another, the oldest first', () => {
    expect(dueBetween(timing, 6_300, 9_300, 10)).toEqual([7_300, 8_300, 9_300]);
    expect(dueBetween(timing, 6_300, 9_300, 2)).toEqual([7_300, 8_300]);
    expect(dueBetween(timing, 6_300, 7_299, 10)).toEqual([]);
  });
});

describe('a cron pattern', () => {
  test('has five fields, or six with seconds', () => {
    const from = at('2026-11-21T10:00:00Z');
    expect(times([nextDue({ cron: '*/5 * * * *', timezone: 'UTC' }, from)])).toEqual([
      '2026-11-21T10:05:00.000Z',
    ]);
    expect(times([firstDue({ cron: '*/5 * * * *', timezone: 'UTC' }, from)])).toEqual([
      '2026-11-21T10:00:00.000Z',
    ]);
    expect(times([nextDue({ cron: '*/10 * * * * *', timezone: 'UTC' }, from)])).toEqual([
      '2026-11-21T10:00:10.000Z',
    ]);
  });

  test('at a fixed time of day is due once a day, also where the clocks change', () => {
    const timing = { cron: '30 2 * * *', timezone: 'Europe/Berlin' };
    expect(times(dueBetween(timing, at('2026-03-27T12:00:00Z'), at('2026-03-30T12:00:00Z'), 10))).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(dueBetween(timing, at('2026-10-24T12:00:00Z'), at('2026-10-25T12:00:00Z'), 10)).toHaveLength(1);
  });

  test('that has no due time left gives none', () => {
    for (const cron of ['0 0 30 2 *', '* * 30 2 *']) {
      const timing = { cron, timezone: 'UTC' };
      expect([nextDue(timing, 0), dueBetween(timing, 0, 1e13, 5)]).toEqual([null, []]);
    }
  });

  test('is due at its own times however many others there are', () => {
    const DAY_SECONDS = 86_400;
    const dueOf = (second: number) => {
      const [hour, minute] = [Math.floor(second / 3_600), Math.floor(second / 60) % 60];
      return nextDue({ cron: `${second % 60} ${minute} ${hour} * * *`, timezone: 'UTC' }, -1);
    };
    const seconds = Array.from({ length: 2_100 }, (_, n) => (n * 41) % DAY_SECONDS);
    expect(seconds.map(dueOf)).toEqual(seconds.map((second) => second * 1_000));
    expect(dueOf(41)).toBe(41_000);
  });

  test.each([
    ['* * * * *', 'UTC', null],
    ['0 30 4 * * 1-5', 'America/New_York', null],
    ['* * * *', 'UTC', 'has not 5 or 6 fields'],
    ['@daily', 'UTC', 'has not 5 or 6 fields'],
    ['2026-11-21T10:00:00', 'UTC', 'has not 5 or 6 fields'],
    ['* * * * * * *', 'UTC', 'has not 5 or 6 fields'],
    ['61 * * * *', 'UTC', 'CronPattern'],
    ['* * * * *', 'Mars/Olympus', 'Mars/Olympus'],
    ['0 0 30 2 *', 'UTC', 'is never due'],
  ])('%s in %s is checked', (cron, timezone, problem) => {
    const errors = cronErrors(cron, timezone);
    expect(errors).toEqual(problem === null ? [] : [expect.stringContaining(problem)]);
  });
});
