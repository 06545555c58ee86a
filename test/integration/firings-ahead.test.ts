import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import type { FiringsHeld } from '../../apps/cerebro/src/coordination/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const HOUR_MS = 3_600_000;
const COUNT = 3;
const database = testDatabase();
const opened: OpenDoor[] = [];
afterAll(() => Promise.all(opened.map((door) => door.close())));

let one: OpenDoor;
let other: OpenDoor;
let server: string;
let schedules: readonly string[];
let dueAt: number;

/** Tasks of a server of their own, due for the first time in an hour. */
beforeEach(async () => {
  const { url } = await database;
  if (opened.length === 0) opened.push(await openDoor(url, 'one'), await openDoor(url, 'other'));
  [one, other] = opened as [OpenDoor, OpenDoor];
  server = `s-${randomUUID().slice(0, 8)}`;
  const names = Array.from({ length: COUNT }, (_, at) => `t${at}`);
  schedules = names.map((name) => `${server}.${name}`);
  const declaration = { server, tasks: names.map((name) => ({ name, everyMs: HOUR_MS })) };
  // Who declares knows the registry.
  for (const door of [other, one]) await door.declare(declaration);
  const due = await Promise.all(schedules.map(nextDue));
  dueAt = Math.max(...due);
  await one.door.prepare(schedules);
});

async function nextDue(id: string): Promise<number> {
  const needs = { runs: [], freshness: [], keys: [], schedules: [id], positions: [], registry: false };
  return (await one.persistence.store.load(needs)).schedules.get(id)?.value.nextDueAt ?? Number.NaN;
}

const fires = () => schedules.map((schedule) => ({ kind: 'fire', schedule, newRun: randomUUID() }) as const);
const sent = (door: OpenDoor) => door.bus.sent.filter((one) => one.invocation && one.server === server);
const firings = async () =>
  (await Promise.all(schedules.map((schedule) => one.persistence.queries.firings(schedule, 10)))).map(
    (found) => found.map(({ outcome }) => outcome),
  );
const ofEach = (outcomes: readonly string[]) => Array.from({ length: COUNT }, () => outcomes);
const NOTHING = ofEach([]);

async function hold(door = one): Promise<FiringsHeld> {
  const held = await door.ahead.hold(fires(), dueAt);
  if (!held) throw new Error('it cannot be held');
  return held;
}

test('what is held is seen by nobody and sent nowhere before its time, and then all of it at once', async () => {
  expect(schedules.every((schedule) => one.ahead.isReady(schedule))).toBe(true);
  const held = await hold();
  expect(await firings()).toEqual(NOTHING);
  expect(sent(one)).toEqual([]);

  expect(await held.commit()).toBe(true);
  expect(await firings()).toEqual(ofEach(['run']));
  await awaitUntil('all are invoked', () => sent(one).length === COUNT);
  expect(sent(one).map(({ stamp }) => stamp)).toEqual(schedules.map(() => dueAt));
  expect(await Promise.all(schedules.map(nextDue))).toEqual(schedules.map(() => dueAt + HOUR_MS));

  const [first] = sent(one);
  if (!first) throw new Error('nothing was sent');
  expect(await one.report(first, { report: 'completed', output: {} })).toEqual({ kind: 'done' });
  const view = await one.persistence.queries.run(first.run ?? '');
  expect([view?.state, view?.createdAt]).toEqual(['completed', new Date(dueAt).toISOString()]);
});

test.each(['one', 'other'])(
  'what is paused meanwhile at coordinator %s is not fired, and keeps nobody waiting',
  async (where) => {
    const held = await hold();
    const schedule = schedules[1] ?? '';
    const pause = { action: 'pause', author: null, reason: null, newRun: randomUUID(), key: null } as const;
    await (where === 'one' ? one : other).submit({ kind: 'schedule-action', schedule, ...pause });
    expect(await held.commit()).toBe(false);
    expect(await firings()).toEqual(NOTHING);
    expect(sent(one)).toEqual([]);
  },
);

test('when the tasks are declared anew meanwhile it comes to nothing', async () => {
  const held = await hold();
  await other.declare({ server, tasks: [{ name: 't0', everyMs: HOUR_MS }] });
  expect(await held.commit()).toBe(false);
  expect(await firings()).toEqual(NOTHING);
  expect(sent(one)).toEqual([]);
});

test('of two coordinators that hold the same firings one has them take effect', async () => {
  await other.door.prepare(schedules);
  const held = [await hold(), await hold(other)];
  const fired = await Promise.all(held.map((each) => each.commit()));
  expect([...fired].sort()).toEqual([false, true]);
  expect(await firings()).toEqual(ofEach(['run']));
  await awaitUntil('each is invoked', () => sent(one).length + sent(other).length === COUNT);
});

test('a coordinator that dies meanwhile leaves nothing, and another one fires', async () => {
  const held = await hold();
  const sql = new pg.Client({ connectionString: (await database).url });
  await sql.connect();
  try {
    await sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'one-held' AND state = 'idle in transaction'`,
    );
    await other.door.prepare(schedules);
    expect(await (await hold(other)).commit()).toBe(true);
  } finally {
    await sql.end();
  }
  expect(await held.commit()).toBe(false);
  expect(await firings()).toEqual(ofEach(['run']));
  expect([sent(one).length, sent(other).length]).toEqual([0, COUNT]);
});

test('when the servers have no room any more it is left to be decided anew, and what cannot be known is not held', async () => {
  const held = await hold();
  const counted = one.capacity.add({ load: new Map([[server, 1_000]]), waits: new Map() });
  expect(await held.commit()).toBe(false);
  expect(await one.ahead.hold(fires(), dueAt)).toBeNull();
  one.capacity.takeBack(counted);
  // Not due then.
  expect(await one.ahead.hold(fires(), dueAt - HOUR_MS)).toBeNull();
  await one.door.prepare([]);
  expect(await one.ahead.hold(fires(), dueAt)).toBeNull();
  expect(one.ahead.isReady(schedules[0] ?? '')).toBe(false);
  expect(await firings()).toEqual(NOTHING);
});
