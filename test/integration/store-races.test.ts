import { randomUUID } from 'node:crypto';
import { awaitUntil } from '@cordyna/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Conflict,
  StoreUnavailable,
  type Changes,
  type Saved,
  type Store,
} from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  changesOf,
  historyRow,
  needsOf,
  runChange,
  runOf,
  seedOf,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
let other: Store;
beforeAll(async () => {
  db = await openDatabase();
  other = db.another().store;
});
afterAll(async () => {
  await db.closeAll();
});

const save = (store: Store, changes: Partial<Changes>) => store.commit(changesOf(changes));
const step = (run: string, version: number): Partial<Changes> => {
  const seed = seedOf(['a.one'], run);
  return { runs: [runChange(runOf(seed, [{}], { nextSeq: version + 1 }), version, [historyRow(version)])] };
};
async function newRun(): Promise<string> {
  const seed = seedOf(['a.one']);
  await save(db.store, { runs: [runChange(runOf(seed), null)] });
  return seed.run;
}

/** Of several that may not all succeed: how many did; the others must have met a conflict. */
async function won(all: readonly Promise<Saved>[]): Promise<number> {
  const settled = await Promise.allSettled(all);
  for (const one of settled) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(Conflict);
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

/** As the door does: what the store could not do now is tried again. */
async function untilDecided(attempt: () => Promise<Saved>): Promise<Saved> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || attempts === 20) throw error;
    }
  }
}

const waitingForLock = async (name: string): Promise<boolean> => {
  const { rows } = await db.sql.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
    [name],
  );
  return rows.length > 0;
};

describe('two stores', () => {
  test('of two commits over the same version of a run one succeeds, each time', async () => {
    const run = await newRun();
    for (let version = 1; version <= 50; version++) {
      expect(await won([save(db.store, step(run, version)), save(other, step(run, version))])).toBe(1);
    }
    const loaded = (await db.store.load(needsOf({ runs: [run] }))).runs.get(run);
    expect(loaded?.version).toBe(51);
    expect((await db.queries.history(run))?.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, at) => at + 1),
    );
  });

  test('of two that create the same run, take the same key, settle the same due time or begin the same partition one succeeds', async () => {
    for (let round = 0; round < 10; round++) {
      const seed = seedOf(['a.one']);
      const key = { target: 'a.one', key: `k${round}`, run: seed.run, contentHash: '' };
      const firing = {
        schedule: 's',
        scheduledFor: round,
        outcome: 'missed',
        run: null,
        reason: null,
      } as const;
      const position = { topic: 't', partition: round, from: null, to: 1n };
      const contended: Partial<Changes>[] = [
        { runs: [runChange(runOf(seed), null)] },
        { keys: [key] },
        { firings: [firing] },
        { positions: [position] },
      ];
      for (const changes of contended)
        expect(await won([save(db.store, changes), save(other, changes)])).toBe(1);
    }
  });

  test('two decisions that each read what the other writes are not both applied', async () => {
    const tasks = ['f.left', 'f.right'];
    const version = async (task: string) =>
      (await db.store.load(needsOf({ freshness: tasks }))).freshness.get(task)?.version ?? 0;
    for (let round = 0; round < 30; round++) {
      const read = new Map<string, number>();
      for (const task of tasks) read.set(task, await version(task));
      const decide = (store: Store, task: string) =>
        save(store, { freshness: { read, writes: [{ task, consumed: { 'x.y': randomUUID() } }] } });
      expect(await won([decide(db.store, 'f.left'), decide(other, 'f.right')])).toBe(1);
    }
    expect((await version('f.left')) + (await version('f.right'))).toBe(30);
  });

  test('batches over the same rows in any order wait for each other and never deadlock', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, newRun));
    const shuffled = <T>(all: readonly T[]): T[] =>
      all
        .map((one) => [Math.random(), one] as const)
        .sort((a, b) => a[0] - b[0])
        .map(([, one]) => one);
    const batch = async (store: Store): Promise<Saved> => {
      const some = shuffled(runs).slice(0, 3);
      const loaded = await store.load(needsOf({ runs: some }));
      return save(store, {
        runs: some.flatMap((run) => step(run, loaded.runs.get(run)?.version ?? 0).runs ?? []),
        freshness: {
          read: new Map(),
          writes: shuffled(['d.a', 'd.b', 'd.c', 'd.d']).map((task) => ({ task })),
        },
        heartbeats: shuffled(['1', '2', '3']).map((instance) => ({
          server: 'd',
          instance,
          state: 'online' as const,
          capacity: 1,
        })),
        keys: [{ target: 'd', key: randomUUID(), run: some[0] ?? '', contentHash: '' }],
      });
    };
    let successes = 0;
    for (let round = 0; round < 20; round++) {
      const stores = [db.store, other, db.store, other];
      const waves = stores.map((store) => batch(store));
      successes += await won(waves);
    }
    expect(successes).toBeGreaterThanOrEqual(20);
  });
});

describe('a batch that reloads under locks', () => {
  test('cannot be overtaken: what it has read is what it writes over', async () => {
    const run = await newRun();
    const needs = needsOf({ runs: [run], freshness: ['l.never-seen'], registry: true });
    let version = 0;
    let overtaking: Promise<unknown> = Promise.resolve();
    await untilDecided(() =>
      db.store.commitLocked(async (reader) => {
        const { runs, freshness } = await reader.load(needs);
        version = runs.get(run)?.version ?? 0;
        expect(freshness.get('l.never-seen')?.value).toEqual({
          task: 'l.never-seen',
          consumed: {},
          latest: null,
        });
        const read = new Map([['l.never-seen', freshness.get('l.never-seen')?.version ?? -1]]);
        overtaking = untilDecided(() => save(other, step(run, version))).catch((error: unknown) => error);
        await awaitUntil('the other commit waits', () => waitingForLock('coordinator-1'));
        expect((await reader.load(needs)).runs.get(run)?.version).toBe(version);
        return changesOf({ ...step(run, version), freshness: { read, writes: [{ task: 'l.never-seen' }] } });
      }),
    );
    expect(await overtaking).toBeInstanceOf(Conflict);
    expect((await db.store.load(needsOf({ runs: [run] }))).runs.get(run)?.version).toBe(version + 1);
  });

  test('sees what was committed while it waited for the lock', async () => {
    const run = await newRun();
    await db.sql.query('BEGIN');
    await db.sql.query('UPDATE runs SET version = 2, next_seq = 2 WHERE id = $1', [run]);
    await db.sql.query(
      `INSERT INTO history_parts (run, first_seq, last_seq, entries)
       VALUES ($1, 1, 1, '[[0,"/test","t",null,null,null,false,null,null,null,null,{}]]')`,
      [run],
    );
    const seen: (number | undefined)[] = [];
    const waiting = untilDecided(() =>
      other.commitLocked(async (reader) => {
        const version = (await reader.load(needsOf({ runs: [run] }))).runs.get(run)?.version;
        seen.push(version);
        return changesOf(step(run, version ?? 0));
      }),
    );
    await awaitUntil('it waits', () => waitingForLock('coordinator-1'));
    await db.sql.query('COMMIT');
    await waiting;
    expect(seen).toEqual([2]);
    expect((await db.store.load(needsOf({ runs: [run] }))).runs.get(run)?.version).toBe(3);
  });

  test('gives its locks back when the decision fails', async () => {
    const run = await newRun();
    const failing = db.store.commitLocked(async (reader) => {
      await reader.load(needsOf({ runs: [run] }));
      throw new RangeError('no decision');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await save(other, step(run, 1));
  });

  test('is ended by PostgreSQL when it decides for more than two seconds', async () => {
    const run = await newRun();
    const slow = db.store.commitLocked(async (reader) => {
      await reader.load(needsOf({ runs: [run] }));
      await awaitUntil('the session was ended', async () => {
        const { rows } = await db.sql.query(
          `SELECT 1 FROM pg_stat_activity WHERE application_name = 'coordinator-0' AND state = 'idle in transaction'`,
        );
        return rows.length === 0;
      });
      return changesOf(step(run, 1));
    });
    await expect(slow).rejects.toThrow(StoreUnavailable);
    await save(other, step(run, 1));
  });
});
