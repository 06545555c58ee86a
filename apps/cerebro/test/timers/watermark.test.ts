import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OutboundBus } from '../../src/coordination/index.js';
import { Watermark } from '../../src/timers/watermark.js';

const settings = {
  eventsTopic: 'c.events',
  serversTopic: 'c.servers',
  maxStepMs: 3_000,
  stallGraceMs: 15_000,
};

describe('the watermark', () => {
  let now: number;
  let ends: Map<string, bigint>;
  let positions: Map<string, bigint>;
  let watermark: Watermark;

  beforeEach(() => {
    now = 1_000_000;
    ends = new Map([
      ['c.events/0', 10n],
      ['c.events/1', 0n],
      ['c.servers/0', 5n],
    ]);
    positions = new Map([
      ['c.events/0', 10n],
      ['c.servers/0', 5n],
    ]);
    const bus = { endOffsets: async () => ends } as unknown as OutboundBus;
    watermark = new Watermark(bus, settings);
  });

  const advance = () => watermark.advance({ now, positions });

  /** Rounds a second apart until the grace of the start is over. */
  async function warmUp(): Promise<void> {
    for (let second = 0; second <= 16; second++) {
      await advance();
      now += 1_000;
    }
  }

  test('stands still while one partition has an update that is not applied', async () => {
    await warmUp();
    const before = watermark.forDeadlines();
    ends.set('c.events/0', 11n);
    await advance();
    now += 1_000;
    await advance();
    expect(watermark.forDeadlines()).toBe(before);
    positions.set('c.events/0', 11n);
    await advance();
    expect(watermark.forDeadlines()).toBe(now);
  });

  test('fires nothing before every partition of the metadata is known to be read', async () => {
    positions.delete('c.events/0');
    await warmUp();
    expect(watermark.forDeadlines()).toBeNull();
    expect(watermark.ageMs(now)).toBeNull();
  });

  test('fires nothing for the grace after the start', async () => {
    await advance();
    now += 14_900;
    for (let at = 0; at < 5; at++) await advance();
    expect(watermark.forDeadlines()).toBeNull();
  });

  test('fires nothing for 15 s after a stall, and then goes on', async () => {
    await warmUp();
    expect(watermark.forDeadlines()).not.toBeNull();
    now += 30_000;
    await advance();
    expect(watermark.forDeadlines()).toBeNull();
    for (let second = 0; second < 15; second++) {
      now += 1_000;
      await advance();
    }
    expect(watermark.forDeadlines()).toBe(now);
  });

  test('fires nothing for 15 s after a stall of the events, even while heartbeats are not read yet', async () => {
    await warmUp();
    ends.set('c.servers/0', 6n);
    await advance();
    now += 30_000;
    await advance();
    expect(watermark.forDeadlines()).toBeNull();
    positions.set('c.servers/0', 6n);
    for (let second = 0; second < 16; second++) {
      now += 1_000;
      await advance();
    }
    expect(watermark.forDeadlines()).toBe(now);
  });

  test('heartbeats that are not read hold back the judgement of silence, not the deadlines', async () => {
    await warmUp();
    const silence = watermark.forSilence();
    ends.set('c.servers/0', 6n);
    for (let round = 0; round < 2; round++) {
      await advance();
      now += 1_000;
    }
    expect(watermark.forSilence()).toBe(silence);
    expect(watermark.forDeadlines()).toBeGreaterThan(silence ?? 0);
  });

  test('a position beyond the end of the log turns the watchdogs off: the topic was made again', async () => {
    await warmUp();
    positions.set('c.events/0', 99n);
    await advance();
    await advance();
    expect(watermark.forDeadlines()).toBeNull();
  });

  test('an end that was reached before it was asked for is passed at once, others with the next look', async () => {
    await warmUp();
    await advance();
    expect(watermark.forDeadlines()).toBe(now);
    const before = now;
    // Written and not applied when the positions were read: whether before that time nobody can say.
    ends.set('c.events/0', 12n);
    now += 1_000;
    await advance();
    expect(watermark.forDeadlines()).toBe(before);
    positions.set('c.events/0', 12n);
    now += 1_000;
    await advance();
    expect(watermark.forDeadlines()).toBe(now);
  });
});
