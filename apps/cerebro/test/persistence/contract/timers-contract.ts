import { randomUUID } from 'node:crypto';
import { RowType } from '@cordyna/engine';
import type { Heartbeat, InstanceState } from '@cordyna/protocol/model';
import { awaitUntil } from '@cordyna/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Changes } from '../../../src/coordination/ports/index.js';
import {
  changesOf,
  lived,
  runChange,
  runOf,
  schedule,
  seedOf,
  type TaskFields,
} from '../support/builders.js';
import type { OpenStore, StoreUnderTest } from './store-under-test.js';

/** What timers rely on: each store answers it. */
export function timersContract(open: OpenStore): void {
  let db: StoreUnderTest;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
  const look = (unsentForMs = 60_000) =>
    db.timers.look({ topics: ['t.read'], unsentForMs, silentForMs: 60_000 });

  /** A run with one task per given fields, all of the server. */
  async function runWith(
    server: string,
    tasks: readonly TaskFields[],
    head: Parameters<typeof runOf>[2] = {},
  ): Promise<string> {
    const seed = seedOf(tasks.map((_, index) => `${server}.t${index}`));
    await commit({ runs: [runChange(runOf(seed, tasks, head), null)] });
    return seed.run;
  }

  test('a look has the time, the positions that are asked for, and no errand where there is nothing', async () => {
    const range = { partition: 1, from: null, to: 2n ** 60n, skipsGap: false };
    const positions = [
      { topic: 't.read', ...range },
      { topic: 't.other', ...range },
    ];
    const before = await db.now();
    await commit({ positions });
    const seen = await look();
    expect(seen.now).toBeGreaterThanOrEqual(before);
    expect(seen).toEqual({
      ...{
        now: seen.now,
        snapshot: seen.snapshot,
        unpublished: 0,
        deadlineAt: null,
        unfinished: new Map(),
        online: [],
      },
      ...{ positions: new Map([['t.read/1', 2n ** 60n]]), errands: new Set() },
    });
  });

  test('a look has seen the commits before it and none behind it, and a commit that changes no run is none of them', async () => {
    const created = await db.store.commit(changesOf({ runs: [runChange(runOf(seedOf(['s.one'])), null)] }));
    const before = await look();
    const later = await db
      .another()
      .store.commit(changesOf({ runs: [runChange(runOf(seedOf(['s.one'])), null)] }));
    const after = await look();
    const seen = [before, after].map(({ snapshot }) =>
      [created, later].map(({ transaction }) => transaction !== null && snapshot.contains(transaction)),
    );
    expect(seen).toEqual([
      [true, false],
      [true, true],
    ]);
    const moved = { topic: 't.other', partition: 2, from: null, to: 1n };
    expect(await commit({ positions: [moved] })).toMatchObject({ transaction: null });
  });

  describe('deadlines', () => {
    test('are due strictly before the watermark, the oldest first', async () => {
      const at = await db.now();
      const attempt = (
        invocation: string,
        deadlineAt: number | null,
        deadlineKind: 'ack' | 'start' | null,
      ): TaskFields => ({
        ...{ state: 'invoked', attempt: 1, invocation, deadlineAt, deadlineKind },
      });
      const run = await runWith('d', [
        attempt('d-3', at + 3, 'ack'),
        attempt('d-1', at + 1, 'start'),
        attempt('d-none', null, null),
      ]);
      await runWith('d', [attempt('d-9', at + 600_000, 'ack')]);
      expect((await look()).deadlineAt).toBe(at + 1);
      expect(await db.timers.dueDeadlines(at + 1, 10)).toEqual([]);
      expect(await db.timers.dueDeadlines(at + 3, 10)).toEqual([{ run, invocation: 'd-1', kind: 'start' }]);
      expect((await db.timers.dueDeadlines(at + 4, 10)).map(({ invocation }) => invocation)).toEqual([
        'd-1',
        'd-3',
      ]);
      expect(await db.timers.dueDeadlines(at + 4, 1)).toHaveLength(1);
    });
  });

  describe('retries', () => {
    test('are due on the clock of the database, each run once, and only of unfinished runs', async () => {
      const now = await db.now();
      const waits = (retryAt: number): TaskFields => ({ reason: 'retry 2 of 3', retryAt });
      const seed = seedOf(['r.over']);
      const waiting = runOf(seed, [waits(now - 10)]);
      await commit({ runs: [runChange(waiting, null)] });
      const over = runOf(seed, [{ state: 'cancelled' }], { state: 'cancelled' });
      await commit({ runs: [runChange(over, 1, [], waiting)] });
      expect((await look()).errands).not.toContain('retries');
      const later = await runWith('r', [waits(now - 10), waits(now - 5)]);
      expect((await look()).errands).toContain('retries');
      const sooner = await runWith('r', [waits(now - 20)]);
      await runWith('r', [waits(now + 600_000)]);
      expect(await db.timers.runsWithDueRetries(10)).toEqual([sooner, later]);
      expect(await db.timers.runsWithDueRetries(1)).toEqual([sooner]);
    });
  });

  describe('capacity', () => {
    test('is asked for by the oldest run first, and counted by what is with the servers', async () => {
      const waits = (server: string): TaskFields => ({ reason: `waiting for capacity of ${server}` });
      const sent = (state: 'invoked' | 'queued' | 'started' | 'completed', n: number): TaskFields => ({
        ...{ state, attempt: 1, invocation: `c-${state}-${n}` },
      });
      const whole: TaskFields = { state: 'started', elements: { first: 1, count: 1 } };
      expect((await look()).errands).not.toContain('waiting');
      const newer = await runWith('c', [waits('c'), waits('c')], { createdAt: 2_000 });
      const older = await runWith('c', [waits('c')], { createdAt: 1_000 });
      await runWith('c', [whole, { ...sent('started', 0), member: 0, item: { index: 0, value: 1 } }]);
      await runWith('c', [
        sent('invoked', 1),
        sent('queued', 2),
        sent('completed', 3),
        { invocation: 'c-old', attempt: 1 },
      ]);
      await runWith('e', [sent('started', 4), waits('e')]);
      const waiting = await db.timers.runsWaitingPerServer(10);
      expect(waiting.get('c')).toEqual([
        { run: older, createdAt: 1_000 },
        { run: newer, createdAt: 2_000 },
      ]);
      expect(waiting.get('e')).toHaveLength(1);
      expect(waiting.has('d')).toBe(false);
      expect((await db.timers.runsWaitingPerServer(1)).get('c')).toMatchObject([{ run: older }]);
      const { unfinished, errands } = await look();
      expect(errands).toContain('waiting');
      expect([unfinished.get('c'), unfinished.get('e')]).toEqual([3, 1]);
    });

    test('that was given is waited for no more', async () => {
      const seed = seedOf(['g.one']);
      const waiting = runOf(seed, [{ reason: 'waiting for capacity of g' }]);
      await commit({ runs: [runChange(waiting, null)] });
      expect((await db.timers.runsWaitingPerServer(10)).get('g')).toMatchObject([{ run: seed.run }]);
      const given = runOf(seed, [{ state: 'invoked', attempt: 1, invocation: 'g' }]);
      await commit({ runs: [runChange(given, 1, [], waiting)] });
      expect((await db.timers.runsWaitingPerServer(10)).has('g')).toBe(false);
    });
  });

  describe('withdrawn servers', () => {
    test('are proposed to unfinished runs that still have pending members of them', async () => {
      const run = await runWith('gone', [{}, {}]);
      await commit({
        runs: [lived(seedOf(['gone.begun']), [RowType.taskInvoked, { invocation: 'gone-1' }, 0])],
      });
      await runWith('gone', [{}], { state: 'cancelled' });
      const definition = {
        server: 'gone',
        version: null,
        team: null,
        contact: null,
        description: null,
        tasks: [],
        jobs: [],
      };
      const declaration = { server: 'gone', tasks: [] };
      const declare = { kind: 'declare', server: definition, declaration, tasks: [] } as const;
      await commit({ registry: { read: 0, changes: [declare] } });
      expect(await db.timers.runsOfWithdrawnServers(10)).toEqual([]);
      expect((await look()).errands).not.toContain('withdrawn');
      await commit({ registry: { read: 1, changes: [{ kind: 'withdraw', server: 'gone' }] } });
      expect(await db.timers.runsOfWithdrawnServers(10)).toEqual([{ run, server: 'gone' }]);
      expect((await look()).errands).toContain('withdrawn');
    });
  });

  describe('schedules', () => {
    test('are due when they are active and their time has come', async () => {
      const now = await db.now();
      const far = schedule('s.far', { nextDueAt: now + 900_000 });
      await commit({ schedules: [{ expectedVersion: null, value: far }] });
      expect((await look()).errands).not.toContain('schedules');
      const soon = schedule('s.soon', { nextDueAt: now + 1_000, active: false });
      await commit({ schedules: [{ expectedVersion: null, value: soon }] });
      expect((await look()).errands).not.toContain('schedules');
      const all = [
        schedule('s.second', { nextDueAt: now - 1 }),
        schedule('s.first', { nextDueAt: now - 2 }),
        schedule('s.later', { nextDueAt: now + 600_000 }),
        schedule('s.never', { nextDueAt: null }),
        schedule('s.stopped', { nextDueAt: now - 3, active: false }),
      ];
      await commit({ schedules: all.map((value) => ({ expectedVersion: null, value })) });
      const due = async (aheadMs: number, limit: number) =>
        (await db.timers.dueSchedules(aheadMs, limit)).map(({ schedule: id }) => id);
      expect(await due(0, 10)).toEqual(['s.first', 's.second']);
      expect(await due(0, 1)).toEqual(['s.first']);
      expect(await due(600_000, 10)).toEqual(['s.first', 's.second', 's.later']);
      expect((await look()).errands).toContain('schedules');
    });

    test('with a firing that waits are due as soon as the run before it has ended', async () => {
      const waiting = schedule('s.waits', { nextDueAt: null, lastRun: randomUUID() });
      const value = { ...waiting, details: { ...waiting.details, waiting: [5] } };
      await commit({ schedules: [{ expectedVersion: null, value }] });
      const found = (await db.timers.dueSchedules(0, 100)).find(({ schedule: id }) => id === 's.waits');
      expect(found).toEqual({ schedule: 's.waits', dueAt: 0 });
      expect(await db.timers.schedulesThatWait(100)).toEqual(['s.waits']);
    });
  });
}

/** Who is alive, who is silent, who is lost. */
export function instancesContract(open: OpenStore): void {
  let db: StoreUnderTest;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
  const beat = (
    instance: string,
    state: Heartbeat['state'] = 'online',
    fields: Partial<Heartbeat> = {},
  ): Heartbeat => ({
    server: 's',
    instance,
    state,
    capacity: 7,
    ...fields,
  });
  const of = async (instance: string) => (await db.instances()).find((one) => one.instance === instance);
  const stateOf = async (instance: string): Promise<InstanceState | undefined> => (await of(instance))?.state;
  const sign = (instance: string, sentAt: number) => ({ signsOfLife: [{ server: 's', instance, sentAt }] });
  const look = (silentForMs = 60_000) => db.timers.look({ topics: [], unsentForMs: 60_000, silentForMs });
  const isSilent = async (instance: string, before: number): Promise<boolean> =>
    (await db.timers.silentInstances(before)).some((one) => one.instance === instance);

  describe('an instance', () => {
    test('is what its newest heartbeat says, with the default limit of its queue', async () => {
      const saved = await commit({
        heartbeats: [beat('h', 'draining'), beat('h', 'online', { queued: 3, started: 2 })],
      });
      expect(await of('h')).toEqual({
        ...{ server: 's', instance: 'h', state: 'online', lastSeen: saved.clock, clockSkewMs: null },
        ...{ capacity: 7, queueLimit: 70, queued: 3, started: 2 },
      });
      await commit({ heartbeats: [beat('h', 'draining', { queueLimit: Number.MAX_SAFE_INTEGER })] });
      expect(await of('h')).toMatchObject({
        state: 'draining',
        queueLimit: Number.MAX_SAFE_INTEGER,
        queued: null,
      });
    });

    test('that is online counts for what its server takes', async () => {
      const server = 'online';
      await commit({
        heartbeats: [
          { ...beat('one'), server, queueLimit: 3 },
          { ...beat('three'), server },
          { ...beat('two', 'draining'), server },
        ],
        ...sign('says-nothing', 0),
      });
      const { online } = await look();
      expect(online.filter((one) => one.server === server)).toEqual([
        { server, capacity: 7, queueLimit: 3 },
        { server, capacity: 7, queueLimit: 70 },
      ]);
      expect(online.filter((one) => one.server === 's').every(({ capacity }) => capacity > 0)).toBe(true);
    });

    test('whose clock is ahead or behind shows by how much', async () => {
      const now = await db.now();
      await commit({ heartbeats: [beat('skewed')], ...sign('skewed', now + 60_000) });
      const ahead = (await of('skewed'))?.clockSkewMs ?? 0;
      expect(ahead).toBeGreaterThan(50_000);
      expect(ahead).toBeLessThanOrEqual(60_000);
      await commit(sign('unheard-of', now - 60_000));
      expect((await of('unheard-of'))?.clockSkewMs).toBeLessThanOrEqual(-60_000);
    });

    test('that sends no heartbeats is seen by its updates and never silent', async () => {
      await commit(sign('quiet', await db.now()));
      expect(await of('quiet')).toMatchObject({ state: 'online', capacity: null });
      expect(await isSilent('quiet', (await db.now()) + 60_000)).toBe(false);
    });

    test('is silent only once the last sign of life is older, and each sign of life moves that', async () => {
      const { clock } = await commit({ heartbeats: [beat('alive')] });
      expect(await isSilent('alive', clock)).toBe(false);
      expect(await isSilent('alive', clock + 60_000)).toBe(true);
      const later = await awaitUntil('a later sign is noted', async () => {
        await commit(sign('alive', Date.now()));
        const seen = (await of('alive'))?.lastSeen ?? 0;
        return seen > clock && seen;
      });
      expect(await isSilent('alive', later)).toBe(false);
      expect((await look()).errands).not.toContain('silent');
      await awaitUntil('silence is seen', async () => (await look(1)).errands.has('silent'));
    });

    test('is lost only if it is still silent, and a heartbeat brings it back', async () => {
      const { clock } = await commit({ heartbeats: [beat('gone')] });
      const lost = (silentBefore: number) => ({ lost: [{ server: 's', instance: 'gone', silentBefore }] });
      await commit(lost(clock));
      expect(await stateOf('gone')).toBe('online');
      await commit({ heartbeats: [beat('gone')], ...lost((await db.now()) - 1) });
      expect(await stateOf('gone')).toBe('online');
      await commit(lost(clock + 60_000));
      expect(await stateOf('gone')).toBe('lost');
      expect(await isSilent('gone', clock + 120_000)).toBe(false);
      await commit({ heartbeats: [beat('gone')] });
      expect(await stateOf('gone')).toBe('online');
    });

    test('is known by its first sign of life, however many others give one at the same time', async () => {
      const sentAt = await db.now();
      const instances = ['one-of-four', 'two-of-four', 'three-of-four', 'four-of-four'];
      for (let count = 1; count <= instances.length; count++) {
        const signsOfLife = instances.slice(0, count).map((instance) => ({ server: 's', instance, sentAt }));
        await commit({ signsOfLife });
        for (const instance of instances.slice(0, count)) expect(await stateOf(instance)).toBe('online');
      }
    });

    test('that said offline stays so, whatever updates of it are still read', async () => {
      const { clock } = await commit({ heartbeats: [beat('off', 'offline')] });
      await commit({
        ...sign('off', clock),
        lost: [{ server: 's', instance: 'off', silentBefore: clock + 60_000 }],
      });
      expect(await stateOf('off')).toBe('offline');
    });
  });

  describe('attempts of instances that are gone', () => {
    test('are those queued or started on what is lost, or went offline before the watermark', async () => {
      const seed = seedOf(['s.one', 's.two', 's.three', 's.four', 's.five']);
      const attempt = (invocation: string, instance: string, state: 'queued' | 'started' | 'completed') => ({
        ...{ invocation, instance, state, attempt: 1 },
      });
      const run = runOf(seed, [
        attempt('on-lost', 'lost-one', 'started'),
        attempt('on-offline', 'off-one', 'queued'),
        attempt('ended', 'lost-one', 'completed'),
        attempt('on-online', 'fine-one', 'started'),
        { state: 'invoked', invocation: 'with-nobody', attempt: 1 },
      ]);
      const { clock } = await commit({
        runs: [runChange(run, null)],
        heartbeats: [beat('lost-one'), beat('off-one', 'offline'), beat('fine-one')],
      });
      const gone = async (before: number) =>
        (await db.timers.attemptsOfGoneInstances(before, 10)).map(({ invocation }) => invocation);
      expect(await gone(clock)).toEqual([]);
      expect((await look()).errands).toContain('gone');
      expect(await gone(clock + 60_000)).toEqual(['on-offline']);
      await commit({ lost: [{ server: 's', instance: 'lost-one', silentBefore: clock + 60_000 }] });
      expect(await gone(clock)).toEqual(['on-lost']);
      expect(await db.timers.attemptsOfGoneInstances(clock + 60_000, 10)).toEqual([
        { run: seed.run, invocation: 'on-lost', instance: 'lost-one' },
        { run: seed.run, invocation: 'on-offline', instance: 'off-one' },
      ]);
      expect(await db.timers.attemptsOfGoneInstances(clock + 60_000, 1)).toHaveLength(1);
    });
  });
}
