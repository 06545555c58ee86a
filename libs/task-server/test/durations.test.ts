import { describe, expect, test } from '@jest/globals';
import { parseDuration } from '../src/declaration/durations.js';

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1.5s', 1_500],
    ['2 h', 7_200_000],
    [250, 250],
  ])('%s is %d ms', (duration, ms) => {
    expect(parseDuration(duration)).toBe(ms);
  });

  test.each(['', '60', '60 seconds', 's', '-5s', '1w', '5s later', '0.3ms', '0s', 0, -1, 1.5, Number.NaN])(
    '%j is refused with a remedy',
    (duration) => {
      expect(() => parseDuration(duration)).toThrow(/no duration; write|whole number of milliseconds/);
    },
  );
});
