import { describe, expect, test } from '@jest/globals';
import { deadlinePassed, initialWatch, instanceLost, mayFire, observe, stallEnded } from '@cordyna/engine';

describe('an instance', () => {
  test('is lost when the watermark has passed its last sign of life by more than 15 s', () => {
    expect([15_999, 16_000, 16_001].map((watermark) => instanceLost(1_000, watermark))).toEqual([
      false,
      false,
      true,
    ]);
    expect(instanceLost(1_000, 1_101, 100)).toBe(true);
  });
});

describe('a deadline', () => {
  test('has passed only once the watermark is beyond it', () => {
    expect([9, 10, 11].map((watermark) => deadlinePassed(10, watermark))).toEqual([false, false, true]);
    expect(deadlinePassed(null, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('a stall', () => {
  test('ends with a step of the watermark of more than 3 s', () => {
    expect([stallEnded(1_000, 4_000), stallEnded(1_000, 4_001)]).toEqual([false, true]);
    expect([stallEnded(null, 9e15), stallEnded(1_000, 1_600, 500)]).toEqual([false, true]);
  });

  test('silences the watchdogs for 15 s after it', () => {
    expect(mayFire(initialWatch)).toBe(false);
    let watch = observe(initialWatch, 100_000);
    expect(mayFire(watch)).toBe(true);
    watch = observe(watch, 130_000);
    expect(watch).toEqual({ watermarkMs: 130_000, quietUntilMs: 145_000 });
    expect(mayFire(watch)).toBe(false);
    for (let at = 131_000; at < 145_000; at += 1_000) {
      watch = observe(watch, at);
      expect(mayFire(watch)).toBe(false);
    }
    watch = observe(watch, 145_000);
    expect(mayFire(watch)).toBe(true);
  });

  test('during the silence of another begins it anew, and a watermark that goes back changes nothing', () => {
    let watch = observe(observe(initialWatch, 0), 10_000, 3_000, 5_000);
    watch = observe(watch, 14_000, 3_000, 5_000);
    expect(watch.quietUntilMs).toBe(19_000);
    expect(observe(watch, 13_000, 3_000, 5_000)).toEqual({ watermarkMs: 13_000, quietUntilMs: 19_000 });
  });
});
