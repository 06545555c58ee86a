import { expect, test } from '@jest/globals';
import {
  CAPACITY_WITHOUT_HEARTBEATS,
  Capacity,
  MAX_IN_LINE,
  Snapshot,
  type BatchLoad,
  type Look,
} from '../../src/coordination/index.js';

type Online = Look['online'][number];

const online = (over: Partial<Online> = {}): Online => ({
  server: 'server-a',
  capacity: 10,
  queueLimit: 20,
  ...over,
});

type Waiting = Parameters<Capacity['endCount']>[1];

/** A look that has seen the transactions up to this one. */
const look = (unfinished: number, instances: readonly Online[], upTo = 0n) => ({
  unfinished: new Map([['server-a', unfinished]]),
  online: instances,
  snapshot: new Snapshot(upTo + 1n, new Set()),
});

function count(capacity: Capacity, waiting: Waiting, instances = [online()]): void {
  capacity.beginCount();
  capacity.endCount(look(0, instances), waiting);
}

/** Adds what is committed already. */
const commit = (capacity: Capacity, batch: BatchLoad, transaction = 1n): void =>
  capacity.landed(capacity.add(batch), transaction);

function counted(unfinished: number, instances: readonly Online[]): Capacity {
  const capacity = new Capacity();
  capacity.beginCount();
  capacity.endCount(look(unfinished, instances), new Map());
  return capacity;
}

test('the window is the sum of capacity and queue limit over the instances that are online', () => {
  const rows = [online(), online({ queueLimit: null }), online({ server: 'server-b' })];
  expect(counted(0, rows).free('server-a')).toBe(30 + 110);
  expect(counted(50, rows).free('server-a')).toBe(90);
  expect(counted(500, rows).free('server-a')).toBe(0);
});

test('a server without heartbeats, or whose instances are all gone, has the default window', () => {
  expect(counted(1, []).free('server-a')).toBe(CAPACITY_WITHOUT_HEARTBEATS - 1);
  expect(counted(0, [online({ server: 'server-b' })]).free('server-a')).toBe(CAPACITY_WITHOUT_HEARTBEATS);
});

test('what this coordinator decides counts until the next count includes it', () => {
  const capacity = counted(0, [online()]);
  commit(capacity, { load: new Map([['server-a', 30]]), waits: new Map() });
  expect(capacity.free('server-a')).toBe(0);
  commit(capacity, { load: new Map([['server-a', -5]]), waits: new Map() });
  expect(capacity.free('server-a')).toBe(5);
  capacity.beginCount();
  capacity.failCount();
  expect(capacity.free('server-a')).toBe(5);
  capacity.beginCount();
  capacity.endCount(look(25, [online()], 1n), new Map());
  expect(capacity.free('server-a')).toBe(5);
});

const aged = (createdAt: number) => ({ run: `run-${createdAt}`, createdAt });
const waitsAt = (server: string, ...changes: readonly (readonly [number, boolean])[]) =>
  new Map([
    [server, new Map(changes.map(([at, waits]) => [aged(at).run, { age: aged(at), waits }] as const))],
  ]);
const nothing = { load: new Map<string, number>(), waits: new Map() };
const runsOf = (offers: readonly { createdAt: number }[]): number[] =>
  offers.map(({ createdAt }) => createdAt);
const everywhere = (): boolean => true;

test('a run is given no place while an older one waits for that server, whatever is free', () => {
  const capacity = counted(0, [online()]);
  capacity.add({ load: new Map(), waits: waitsAt('server-a', [5, true]) });
  expect(capacity.freeFor(aged(6), 'server-a', nothing)).toBe(0);
  expect(capacity.freeFor(aged(5), 'server-a', nothing)).toBe(30);
  expect(capacity.freeFor(aged(4), 'server-a', nothing)).toBe(30);
  expect(capacity.freeFor(aged(6), 'server-b', nothing)).toBe(CAPACITY_WITHOUT_HEARTBEATS);
  const served = { load: new Map([['server-a', 1]]), waits: waitsAt('server-a', [5, false]) };
  expect(capacity.freeFor(aged(6), 'server-a', served)).toBe(29);
  const olderWaits = { load: new Map(), waits: waitsAt('server-a', [5, false], [3, true]) };
  expect(capacity.freeFor(aged(4), 'server-a', olderWaits)).toBe(0);
});

test('places are offered to the oldest runs, as many as there are, on servers that can be reached', () => {
  const capacity = counted(28, [online()]);
  capacity.add({ load: new Map(), waits: waitsAt('server-a', [9, true], [7, true], [8, true]) });
  capacity.add({ load: new Map(), waits: waitsAt('server-b', [6, true], [7, true]) });
  expect(runsOf(capacity.offers(everywhere, false))).toEqual([6, 7, 8]);
  expect(runsOf(capacity.offers((server) => server === 'server-a', false))).toEqual([7, 8]);
  capacity.add({ load: new Map(), waits: waitsAt('server-a', [7, false]) });
  expect(runsOf(capacity.offers((server) => server === 'server-a', false))).toEqual([8, 9]);
  capacity.passOver(aged(8).run);
  expect(runsOf(capacity.offers((server) => server === 'server-a', false))).toEqual([9]);
});

test('what the database shows replaces what was known, but for what changed meanwhile', () => {
  const capacity = counted(0, [online()]);
  commit(capacity, { load: new Map(), waits: waitsAt('server-a', [1, true]) });
  capacity.beginCount();
  capacity.add({ load: new Map(), waits: waitsAt('server-a', [2, false], [4, true]) });
  capacity.endCount(look(0, [online()]), new Map([['server-a', [aged(2), aged(3)]]]));
  expect(runsOf(capacity.offers(everywhere, false))).toEqual([3, 4]);
});

test('a coordinator puts forward only those that it let wait itself and that stand before all others', () => {
  const capacity = counted(0, [online()]);
  commit(capacity, { load: new Map(), waits: waitsAt('server-a', [1, true], [3, true]) });
  expect(runsOf(capacity.offers(everywhere, true))).toEqual([1, 3]);
  count(capacity, new Map([['server-a', [1, 2, 3].map(aged)]]));
  expect(runsOf(capacity.offers(everywhere, true))).toEqual([1]);
  const offers = capacity.offers(everywhere, false);
  expect(offers.map(({ createdAt, own }) => [createdAt, own])).toEqual([
    [1, true],
    [2, false],
    [3, true],
  ]);
});

test('whom it let wait at one server only was seen in the line of the other', () => {
  const capacity = counted(0, [online(), online({ server: 'server-b' })]);
  commit(capacity, { load: new Map(), waits: waitsAt('server-b', [1, true]) });
  const seen = ['server-a', 'server-b'].map((server) => [server, [aged(1)]] as const);
  count(capacity, new Map(seen));
  expect(capacity.offers(everywhere, false).map(({ own }) => own)).toEqual([false]);
});

test('of a line that is longer than what is held nobody is overtaken either', () => {
  const capacity = counted(0, [online({ capacity: 1_000 })]);
  const oldest = Array.from({ length: MAX_IN_LINE }, (_, at) => aged(at));
  count(capacity, new Map([['server-a', oldest]]), [online({ capacity: 1_000 })]);
  commit(capacity, { load: new Map(), waits: waitsAt('server-a', [MAX_IN_LINE + 5, true]) });
  expect(capacity.mustCount).toBe(false);
  const served = oldest.map(({ createdAt }) => [createdAt, false] as const);
  commit(capacity, { load: new Map(), waits: waitsAt('server-a', ...served) });
  expect(capacity.offers(everywhere, false)).toEqual([]);
  expect(capacity.freeFor(aged(MAX_IN_LINE + 5), 'server-a', nothing)).toBe(0);
  expect(capacity.mustCount).toBe(true);
  count(capacity, new Map(), [online({ capacity: 1_000 })]);
  expect(capacity.mustCount).toBe(false);
  expect(capacity.freeFor(aged(MAX_IN_LINE + 5), 'server-a', nothing)).toBeGreaterThan(0);
});

test('tells when somebody begins to wait after nobody did, by a decision or by a look', () => {
  const capacity = counted(0, [online()]);
  let told = 0;
  capacity.listen(() => (told += 1));
  capacity.add({ load: new Map([['server-a', 1]]), waits: new Map() });
  expect([told, capacity.isAnyoneWaiting]).toEqual([0, false]);
  commit(capacity, { load: new Map(), waits: waitsAt('server-a', [1, true]) });
  commit(capacity, { load: new Map(), waits: waitsAt('server-a', [2, true]) });
  expect([told, capacity.isAnyoneWaiting]).toEqual([1, true]);
  count(capacity, new Map());
  expect(capacity.isAnyoneWaiting).toBe(false);
  count(capacity, new Map([['server-a', [aged(1)]]]));
  expect(told).toBe(2);
});
