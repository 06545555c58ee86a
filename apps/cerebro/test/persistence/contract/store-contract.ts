import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RowType, evolve } from '@cordyna/engine';
import { Conflict, keyOf, type Changes, type RunChange } from '../../../src/coordination/ports/index.js';
import {
  T0,
  changesOf,
  historyRow,
  lived,
  needsOf,
  runChange,
  runOf,
  schedule,
  seedOf,
} from '../support/builders.js';
import type { OpenStore, StoreUnderTest } from './store-under-test.js';

/** What the door relies on: each store keeps it. */
export function storeContract(open: OpenStore): void {
  let db: StoreUnderTest;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
  const loadRun = async (run: string) => (await db.store.load(needsOf({ runs: [run] }))).runs.get(run);
  const freshnessOf = async (...tasks: string[]) =>
    (await db.store.load(needsOf({ freshness: tasks }))).freshness;

  describe('runs', () => {
    test('a run is loaded exactly as it was saved, with version 1', async () => {
      const seed = seedOf(['a.one', 'b.two', 'b.three']);
      const error = {
        code: 'broken',
        message: 'it broke',
        description: 'Why: "quotes", \\ and {braces}',
        retryable: false,
      };
      const attempt = { invocation: 'i2', instance: 'x' };
      const output = { n: 1.5, s: 'ü"\\', none: null, list: ['NULL', '', '{}'] };
      const outside = { 'c.out': { run: randomUUID(), output: [{ a: 1 }] } };
      const change = lived(
        seed,
        [RowType.taskExpanded, { items: [null, ['NULL', '', '{}']], outside }, 0],
        [RowType.taskError, { error, final: true, counted: true }, 0, 0],
        [RowType.taskCancelled, { reason: '' }, 0, 1],
        [RowType.taskInvoked, { invocation: 'i2', now: T0 + 1, outside }, 1],
        [RowType.taskPublished, { now: T0 + 2 }, 1],
        [RowType.taskQueued, { ...attempt, now: T0 + 3 }, 1],
        [RowType.taskStarted, { ...attempt, instance: 'y', now: T0 + 4 }, 1],
        [RowType.taskWaiting, { reason: 'waiting for capacity of b', retryAt: T0 + 5 }, 2],
        [RowType.taskInvoked, { invocation: 'i3' }, 2],
        [RowType.taskCompleted, { output, instance: 'z' }, 2],
      );
      expect(change.run.tasks.at(1).pastHolders).toHaveLength(1);
      await commit({ runs: [change] });
      expect(await loadRun(seed.run)).toEqual({ version: 1, contentHash: 'hash', value: change.run });
    });

    test('each commit raises the version by one and writes what was touched', async () => {
      const seed = seedOf(['a.one', 'b.two']);
      const created = lived(seed);
      await commit({ runs: [created] });
      const next = (
        before: RunChange,
        expectedVersion: number,
        ...added: Parameters<typeof lived>[1][]
      ): RunChange => {
        const rows = lived(seed, ...added).rows.slice(1);
        const moved = rows.map((row) => ({ ...row, seq: row.seq + before.run.nextSeq - 2 }));
        const run = moved.reduce(evolve, before.run);
        const touched = [...run.tasks].filter((task, index) => task !== before.run.tasks.at(index));
        return { ...runChange(run, expectedVersion, moved, before.run), touched };
      };
      const invoked: Parameters<typeof lived>[1] = [RowType.taskInvoked, { invocation: 'i' }, 0];
      const begun = next(created, 1, invoked, [RowType.taskStarted, { invocation: 'i', instance: 'x' }, 0]);
      await commit({ runs: [begun] });
      const done = [RowType.taskCompleted, { output: { a: 1 } }] as const;
      const ended = next(begun, 2, [...done, 0], [...done, 1], [RowType.runFinished, { state: 'completed' }]);
      await commit({ runs: [ended] });
      expect(await loadRun(seed.run)).toEqual({ version: 3, contentHash: 'hash', value: ended.run });
    });

    test('a run that is created twice, or saved over another version, is a conflict that writes nothing', async () => {
      const seed = seedOf(['a.one']);
      await commit({ runs: [runChange(runOf(seed), null)] });
      const again = runChange(runOf(seed, [{}], { nextSeq: 99 }), null, [historyRow(1)]);
      await expect(commit({ runs: [again] })).rejects.toThrow(Conflict);
      await expect(commit({ runs: [{ ...again, expectedVersion: 2 }] })).rejects.toThrow(Conflict);
      await expect(commit({ runs: [runChange(runOf(seedOf(['a.one'])), 1)] })).rejects.toThrow(Conflict);
      expect((await loadRun(seed.run))?.value.nextSeq).toBe(1);
      expect(await db.seqs(seed.run)).toEqual([]);
    });

    test('a run that was found absent and is there now is a conflict; what is no id of a run is always absent', async () => {
      const seed = seedOf(['a.one']);
      const absentRuns = [seed.run, 'not-a-uuid', seed.run.toUpperCase()];
      await commit({ absentRuns });
      await commit({ runs: [runChange(runOf(seed), null)] });
      await expect(commit({ absentRuns })).rejects.toThrow(Conflict);
      const loaded = await db.store.load(needsOf({ runs: [...absentRuns, randomUUID()] }));
      expect([...loaded.runs.keys()]).toEqual([seed.run]);
    });
  });

  describe('positions', () => {
    test('move from where they were read only', async () => {
      const at = { topic: 'cordyna.events', partition: 4 };
      const other = { topic: 'cordyna.events', partition: 2 };
      const read = async () => (await db.store.load(needsOf({ positions: [at, other] }))).positions;
      await commit({ positions: [{ ...at, from: null, to: 10n }] });
      await expect(commit({ positions: [{ ...at, from: null, to: 11n }] })).rejects.toThrow(Conflict);
      await expect(
        commit({
          positions: [
            { ...other, from: null, to: 1n },
            { ...at, from: 9n, to: 11n },
          ],
        }),
      ).rejects.toThrow(Conflict);
      await commit({
        positions: [
          { ...at, from: 10n, to: 9_007_199_254_740_993n },
          { ...other, from: null, to: 0n },
        ],
      });
      expect(await read()).toEqual(
        new Map([
          ['cordyna.events/4', 9_007_199_254_740_993n],
          ['cordyna.events/2', 0n],
        ]),
      );
      expect(await db.timers.positions(['cordyna.events', 'nobody'])).toEqual(await read());
    });
  });

  describe('keys', () => {
    test('are unique per target, and the second to come is a conflict', async () => {
      const first = { target: 'a.one', key: 'k', run: randomUUID(), contentHash: 'h1' };
      const elsewhere = { ...first, target: 'a.two', run: randomUUID() };
      await commit({ keys: [first, elsewhere] });
      await expect(commit({ keys: [{ ...first, run: randomUUID() }] })).rejects.toThrow(Conflict);
      const { keys } = await db.store.load(
        needsOf({ keys: [first, elsewhere, { target: 'a.one', key: 'other' }] }),
      );
      expect(keys).toEqual(
        new Map([
          [keyOf('a.one', 'k'), first],
          [keyOf('a.two', 'k'), elsewhere],
        ]),
      );
    });
  });

  describe('schedules', () => {
    test('are saved over the version that was read, know whether their last run is unfinished, and settle a due time once', async () => {
      const seed = seedOf(['s.tick']);
      const value = schedule('s.tick');
      const load = async () => (await db.store.load(needsOf({ schedules: ['s.tick', 's.none'] }))).schedules;
      await commit({ schedules: [{ expectedVersion: null, value }] });
      expect(await load()).toEqual(new Map([['s.tick', { version: 1, lastRunOpen: false, value }]]));
      await expect(commit({ schedules: [{ expectedVersion: null, value }] })).rejects.toThrow(Conflict);
      const ran = { ...value, lastRun: seed.run, nextDueAt: null, active: false };
      const firing = {
        schedule: 's.tick',
        scheduledFor: T0,
        outcome: 'run',
        run: seed.run,
        reason: null,
      } as const;
      const settled = { schedules: [{ expectedVersion: 1, value: ran }], firings: [firing] };
      await commit({ ...settled, runs: [runChange(runOf(seed), null)] });
      await expect(commit(settled)).rejects.toThrow(Conflict);
      await expect(commit({ firings: [firing] })).rejects.toThrow(Conflict);
      expect((await load()).get('s.tick')).toEqual({ version: 2, lastRunOpen: true, value: ran });
      const moved = { ...ran, nextDueAt: T0 + 5, lastRun: null };
      const move = { expectedVersion: 2, value: moved, isMoved: true } as const;
      await commit({ schedules: [move] });
      await expect(commit({ schedules: [move] })).rejects.toThrow(Conflict);
      expect((await load()).get('s.tick')).toEqual({ version: 3, lastRunOpen: false, value: moved });
    });
  });

  describe('freshness', () => {
    test('merges what is consumed, keeps the latest completion, and takes its output from the task run', async () => {
      const seed = seedOf(['f.source', 'f.next']);
      const output = { rows: 3 };
      const run = runOf(seed, [{ state: 'completed', output }, {}]);
      const latest = { run: seed.run, output };
      await commit({
        runs: [runChange(run, null)],
        freshness: {
          read: new Map([['f.next', 0]]),
          writes: [
            { task: 'f.source', latest },
            { task: 'f.next', consumed: { 'f.source': 'older', 'f.other': 'r1' } },
            { task: 'f.next', consumed: { 'f.source': seed.run } },
          ],
        },
      });
      await commit({
        freshness: {
          read: new Map([['f.source', 1]]),
          writes: [{ task: 'f.source', consumed: { z: 'r' } }, { task: 'f.next' }],
        },
      });
      expect(await freshnessOf('f.source', 'f.next', 'f.unknown')).toEqual(
        new Map([
          ['f.source', { version: 2, value: { task: 'f.source', consumed: { z: 'r' }, latest } }],
          [
            'f.next',
            {
              version: 2,
              value: { task: 'f.next', consumed: { 'f.source': seed.run, 'f.other': 'r1' }, latest: null },
            },
          ],
        ]),
      );
    });

    test('of a forEach task the outputs of its elements are the latest output, in order of index', async () => {
      const seed = seedOf(['f.each']);
      const element = (index: number) => ({
        member: 0,
        item: { index, value: index },
        state: 'completed' as const,
        output: { n: index },
      });
      const whole = { state: 'completed' as const, output: {}, elements: { first: 1, count: 3 } };
      const run = runOf(seed, [whole, element(0), element(1), element(2)]);
      const output = [{ n: 0 }, { n: 1 }, { n: 2 }];
      await commit({
        runs: [runChange(run, null)],
        freshness: { read: new Map(), writes: [{ task: 'f.each', latest: { run: seed.run, output } }] },
      });
      expect((await freshnessOf('f.each')).get('f.each')?.value.latest).toEqual({ run: seed.run, output });
    });

    test('of an empty forEach it is an empty list', async () => {
      const seed = seedOf(['f.empty']);
      const run = runOf(seed, [{ state: 'completed', output: {} }]);
      const latest = { run: seed.run, output: [] };
      await commit({
        runs: [runChange(run, null)],
        freshness: { read: new Map(), writes: [{ task: 'f.empty', latest }] },
      });
      expect((await freshnessOf('f.empty')).get('f.empty')?.value.latest).toEqual(latest);
    });

    test('a version that was read and has moved is a conflict, written or not, and so is a row that came meanwhile', async () => {
      const read = (task: string, version: number) =>
        commit({ freshness: { read: new Map([[task, version]]), writes: [] } });
      await commit({
        freshness: { read: new Map(), writes: [{ task: 'f.moved', consumed: { a: randomUUID() } }] },
      });
      await read('f.moved', 1);
      await read('f.absent', 0);
      await expect(read('f.moved', 0)).rejects.toThrow(Conflict);
      await expect(read('f.nobody', 1)).rejects.toThrow(Conflict);
    });
  });

  describe('a commit behind another one', () => {
    test('takes effect only if that one did, whatever it would find itself', async () => {
      const [first, second, third] = [seedOf(['t.one']), seedOf(['t.two']), seedOf(['t.three'])];
      const create = (seed: typeof first) => changesOf({ runs: [runChange(runOf(seed), null)] });
      const [good, bad] = [{}, {}];
      await db.store.commit(create(first), { ticket: good, after: null });
      await db.store.commit(create(second), { ticket: {}, after: good });
      const failing = db.store.commit(create(first), { ticket: bad, after: null });
      await expect(failing).rejects.toThrow(Conflict);
      await expect(db.store.commit(create(third), { ticket: {}, after: bad })).rejects.toThrow(Conflict);
      expect(await loadRun(second.run)).toBeDefined();
      expect(await loadRun(third.run)).toBeUndefined();
    });
  });

  describe('a batch that reloads under locks', () => {
    test('is not overtaken: what it has read is what it writes over', async () => {
      const seed = seedOf(['l.one']);
      await commit({ runs: [runChange(runOf(seed), null)] });
      const next = (version: number) => changesOf({ runs: [runChange(runOf(seed), version)] });
      let overtaking: Promise<unknown> = Promise.resolve();
      await db.store.commitLocked(async (reader) => {
        const read = async () =>
          (await reader.load(needsOf({ runs: [seed.run] }))).runs.get(seed.run)?.version;
        expect(await read()).toBe(1);
        overtaking = db
          .another()
          .store.commit(next(1))
          .catch((error: unknown) => error);
        expect(await read()).toBe(1);
        return next(1);
      });
      expect(await overtaking).toBeInstanceOf(Error);
      expect((await loadRun(seed.run))?.version).toBe(2);
    });

    test('gives its locks back when the decision fails', async () => {
      const seed = seedOf(['l.two']);
      await commit({ runs: [runChange(runOf(seed), null)] });
      const failing = db.store.commitLocked(async (reader) => {
        await reader.load(needsOf({ runs: [seed.run] }));
        throw new RangeError('no decision');
      });
      await expect(failing).rejects.toThrow(RangeError);
      await db.another().store.commit(changesOf({ runs: [runChange(runOf(seed), 1)] }));
    });
  });
}
