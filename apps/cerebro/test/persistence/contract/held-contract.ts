import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Conflict, type Changes } from '../../../src/coordination/ports/index.js';
import { T0, changesOf, invoke, needsOf, runChange, runOf, schedule, seedOf } from '../support/builders.js';
import type { OpenStore, StoreUnderTest } from './store-under-test.js';

const stamp = T0 + 7_000;

/** What is decided before it is due. */
export function heldContract(open: OpenStore): void {
  let db: StoreUnderTest;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
  const versionOf = async (run: string) =>
    (await db.store.load(needsOf({ runs: [run] }))).runs.get(run)?.version;
  const isThere = async (run: string) => (await versionOf(run)) !== undefined;
  async function firing(name: string, task = 'h.one') {
    const value = schedule(name);
    await commit({ schedules: [{ expectedVersion: null, value }] });
    const seed = seedOf([task]);
    const changes = changesOf({
      runs: [runChange(runOf(seed, [{ state: 'invoked', attempt: 1, invocation: seed.run }]), null)],
      schedules: [{ expectedVersion: 1, value: { ...value, lastRun: seed.run }, isMoved: true }],
      firings: [{ schedule: name, scheduledFor: T0, outcome: 'run', run: seed.run, reason: null }],
      outbox: [invoke(seed.run)],
    });
    return { value, seed, changes };
  }

  test('is seen once it is committed, with the stamp that was given', async () => {
    const { seed, changes } = await firing('held');
    const held = await db.store.hold(changes, stamp);
    expect(await isThere(seed.run)).toBe(false);
    const { outbox } = await held.commit();
    expect(outbox).toMatchObject({ stamp, messages: [{ messageId: `invoke-${seed.run}` }] });
    expect(await versionOf(seed.run)).toBe(1);
    const { schedules } = await db.store.load(needsOf({ schedules: ['held'] }));
    expect(schedules.get('held')).toMatchObject({ version: 2, value: { lastRun: seed.run } });
  });

  test('is seen by the looks that follow its commit, not by those before', async () => {
    const look = () => db.timers.look({ topics: [], unsentForMs: 60_000, silentForMs: 60_000 });
    const { changes } = await firing('held and looked for');
    const held = await db.store.hold(changes, stamp);
    await commit({ runs: [runChange(runOf(seedOf(['h.one'])), null)] });
    const before = await look();
    const { transaction } = await held.commit();
    const after = await look();
    if (transaction === null) throw new Error('it has changed a run');
    expect([before, after].map(({ snapshot }) => snapshot.contains(transaction))).toEqual([false, true]);
  });

  test('keeps nobody from changing what it rests on, and comes to nothing then', async () => {
    const { seed, changes, value } = await firing('held and changed');
    const held = await db.store.hold(changes, stamp);
    await commit({ schedules: [{ expectedVersion: 1, value: { ...value, active: false } }] });
    await expect(held.commit()).rejects.toThrow(Conflict);
    expect(await isThere(seed.run)).toBe(false);
    const { schedules } = await db.store.load(needsOf({ schedules: ['held and changed'] }));
    expect(schedules.get('held and changed')).toMatchObject({ version: 2, value: { active: false } });
  });

  test('comes to nothing when another one has settled the due time, when the registry has changed, and when it is released', async () => {
    const first = await firing('held twice');
    const second = seedOf(['h.one']);
    const again = { ...first.changes, runs: [runChange(runOf(second), null)], outbox: [invoke(second.run)] };
    const [one, other] = [
      await db.store.hold(first.changes, stamp),
      await db.another().store.hold(again, stamp),
    ];
    await one.commit();
    await expect(other.commit()).rejects.toThrow(Conflict);
    expect([await isThere(first.seed.run), await isThere(second.run)]).toEqual([true, false]);

    const { registry } = await db.store.load(needsOf({ registry: true }));
    const third = await firing('held on an old registry');
    const read = (registry?.version ?? 0) + 1;
    const held = await db.store.hold({ ...third.changes, registry: { read, changes: [] } }, stamp);
    await expect(held.commit()).rejects.toThrow(Conflict);

    const fourth = await firing('held and released');
    await (await db.store.hold(fourth.changes, stamp)).release();
    expect([await isThere(third.seed.run), await isThere(fourth.seed.run)]).toEqual([false, false]);
    await db.store.commit(fourth.changes);
    expect(await isThere(fourth.seed.run)).toBe(true);
  });
}
