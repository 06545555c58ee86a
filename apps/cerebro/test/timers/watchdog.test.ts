import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Door, Inbound, Look, OutboundBus, TimerQueries } from '../../src/coordination/index.js';
import { Lookout, Watchdog, Watermark } from '../../src/timers/index.js';

const BEGAN = 1_000_000;
const TOPICS = { eventsTopic: 'c.events', serversTopic: 'c.servers' };
const elapsed = () => Date.now() - BEGAN;

/** When each was asked, in ms since the beginning. */
let looks: number[];
let asked: string[];
let fired: { readonly at: number; readonly watermark: number }[];
let deadlineAt: number | null;
let errands: Look['errands'];
let position: bigint;
let end: bigint;
let isStoreAway: boolean;
let isBusAway: boolean;
let lookout: Lookout;
let watchdog: Watchdog;

const queries = {
  look: () => {
    looks.push(elapsed());
    if (isStoreAway) return Promise.reject(new Error('no connection'));
    const isNear = deadlineAt !== null && deadlineAt < Date.now() + 1_000;
    const positions = new Map([['c.events/0', position]]);
    return Promise.resolve({ now: Date.now(), positions, deadlineAt: isNear ? deadlineAt : null, errands });
  },
  dueDeadlines: (before: number) => {
    asked.push('deadlines');
    const isDue = deadlineAt !== null && deadlineAt < before;
    return Promise.resolve(isDue ? [{ run: 'run', invocation: 'invocation', kind: 'ack' }] : []);
  },
  silentInstances: () => Promise.resolve(void asked.push('silent')).then(() => []),
  attemptsOfGoneInstances: () => Promise.resolve(void asked.push('gone')).then(() => []),
  runsOfWithdrawnServers: () => Promise.resolve(void asked.push('withdrawn')).then(() => []),
} as unknown as TimerQueries;
const door = {
  submit: ({ input }: Inbound & { input: { watermark: number } }) => {
    fired.push({ at: elapsed(), watermark: input.watermark - BEGAN });
    deadlineAt = null;
    return Promise.resolve({ kind: 'done' });
  },
} as unknown as Door;
const bus = {
  endOffsets: () =>
    isBusAway ? Promise.reject(new Error('no broker')) : Promise.resolve(new Map([['c.events/0', end]])),
} as unknown as OutboundBus;

beforeEach(() => {
  jest.useFakeTimers({ now: BEGAN });
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  [looks, asked, fired] = [[], [], []];
  errands = new Set();
  [deadlineAt, position, end] = [null, 5n, 5n];
  [isStoreAway, isBusAway] = [false, false];
  const watermark = new Watermark(bus, { ...TOPICS, maxStepMs: 60_000, stallGraceMs: 0 });
  const question = { topics: [], unsentForMs: 0, silentForMs: 0 };
  lookout = new Lookout(queries, { now: () => Date.now() }, question);
  watchdog = new Watchdog(queries, door, watermark, lookout, { source: '/cerebro/test', lostAfterMs: 1_000 });
  lookout.tell(watchdog);
  for (const timer of [watchdog, lookout]) timer.start();
});
afterEach(async () => {
  await Promise.all([lookout.stop(), watchdog.stop()]);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('looks twice a second, and asks for nothing more while there is nothing', async () => {
  await jest.advanceTimersByTimeAsync(1_900);
  expect(looks).toEqual([0, 500, 1_000, 1_500]);
  expect(asked).toEqual([]);
});

test('asks for what a look found', async () => {
  errands = new Set(['silent', 'gone', 'withdrawn']);
  await jest.advanceTimersByTimeAsync(400);
  expect(asked.sort()).toEqual(['gone', 'silent', 'withdrawn']);
});

test('looks when a deadline has passed, and fires it with a watermark behind it', async () => {
  deadlineAt = BEGAN + 730;
  await jest.advanceTimersByTimeAsync(900);
  expect(fired).toHaveLength(1);
  expect(fired[0]?.at).toBeGreaterThan(730);
  expect(fired[0]?.at).toBeLessThan(800);
  expect(fired[0]?.watermark).toBe(looks.at(-1));
});

test('fires nothing while an update is not applied, looks again soon, and fires when it is and changed nothing', async () => {
  await jest.advanceTimersByTimeAsync(600);
  deadlineAt = BEGAN + 700;
  end = 6n;
  await jest.advanceTimersByTimeAsync(1_900);
  expect(fired).toEqual([]);
  expect(looks.length).toBeGreaterThanOrEqual(7);
  position = 6n;
  await jest.advanceTimersByTimeAsync(300);
  expect(fired).toHaveLength(1);
});

test('fires nothing while Kafka or the database is away, and goes on by itself', async () => {
  deadlineAt = BEGAN + 100;
  isBusAway = true;
  await jest.advanceTimersByTimeAsync(1_900);
  isStoreAway = true;
  isBusAway = false;
  await jest.advanceTimersByTimeAsync(2_000);
  expect(fired).toEqual([]);
  isStoreAway = false;
  await jest.advanceTimersByTimeAsync(600);
  expect(fired).toHaveLength(1);
});
