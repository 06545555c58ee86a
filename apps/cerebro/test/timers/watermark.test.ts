import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OutboundBus, TimerQueries } from '../../src/coordination/index.js';
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
    const queries = { now: async () => now, positions: async () => positions } as unknown as TimerQueries;
    const bus = { endOffsets: async () => ends } as unknown as OutboundBus;
    watermark = new Watermark(queries, bus, settings);
  });

  /** Rounds a second apart until the grace of the start is over. */
  async function warmUp(): Promise<void> {
    for (let second = 0; second <= 16; second++) {
      await watermark.advance();
      now += 1_000;
    }
  }

  test('stands still while one partition has an update that is not applied', async () => {
    await warmUp();
    const before = watermark.forDeadlines();
    ends.set('c.events/0', 11n);
    await watermark.advance();
    now += 1_000;
    await watermark.advance();
    expect(watermark.forDeadlines()).toBe(before);
    positions.set('c.events/0', 11n);
    await watermark.advance();
    expect(watermark.forDeadlines()).toBe(now);
  });

  test('fires nothing before every partition of the metadata is known to be read', async () => {
    positions.delete('c.events/0');
    await warmUp();
    expect(watermark.forDeadlines()).toBeNull();
    expect(watermark.ageMs(now)).toBeNull();
  });

  test('fires nothing for the grace after the start', async () => {
    await watermark.advance();
    now += 14_900;
    for (let at = 0; at < 5; at++) await watermark.advance();
    expect(watermark.forDeadlines()).toBeNull();
  });

  test('fires nothing for 15 s after a stall, and then goes on', async () => {
    await warmUp();
    expect(watermark.forDeadlines()).not.toBeNull();
    now += 30_000;
    await watermark.advance();
    expect(watermark.forDeadlines()).toBeNull();
    for (let second = 0; second < 15; second++) {
      now += 1_000;
      await watermark.advance();
    }
    expect(watermark.forDeadlines()).toBe(now);
  });

  test('fires nothing for 15 s after a stall of the events, even while heartbeats are not read yet', async () => {
    await warmUp();
    ends.set('c.servers/0', 6n);
    await watermark.advance();
    now += 30_000;
    await watermark.advance();
    expect(watermark.forDeadlines()).toBeNull();
    positions.set('c.servers/0', 6n);
    for (let second = 0; second < 16; second++) {
      now += 1_000;
      await watermark.advance();
    }
    expect(watermark.forDeadlines()).toBe(now);
  });

  test('heartbeats that are not read hold back the judgement of silence, not the deadlines', async () => {
    await warmUp();
    const silence = watermark.forSilence();
    ends.set('c.servers/0', 6n);
    for (let round = 0; round < 2; round++) {
      await watermark.advance();
      now += 1_000;
    }
    expect(watermark.forSilence()).toBe(silence);
    expect(watermark.forDeadlines()).toBeGreaterThan(silence ?? 0);
  });

  test('a position beyond the end of the log turns the watchdogs off: the topic was made again', async () => {
    await warmUp();
    positions.set('c.events/0', 99n);
    await watermark.advance();
    await watermark.advance();
    expect(watermark.forDeadlines()).toBeNull();
  });

  test('a position that passed the end after the end was read turns nothing off', async () => {
    await warmUp();
    positions = new Map(positions).set('c.events/0', 12n);
    await watermark.advance();
    expect(watermark.forDeadlines()).not.toBeNull();
    ends.set('c.events/0', 12n);
    now += 1_000;
    await watermark.advance();
    expect(watermark.forDeadlines()).toBe(now);
  });
});
