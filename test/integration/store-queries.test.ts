import { randomUUID } from 'node:crypto';
import { RowType } from '@cordyna/engine';
import { EventType } from '@cordyna/protocol/model';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  InvalidCursor,
  type Changes,
  type Page,
  type RunSummary,
} from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  T0,
  changesOf,
  historyRow,
  lived,
  runChange,
  runOf,
  seedOf,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
const NO_NEEDS = { runs: [], freshness: [], keys: [], schedules: [], positions: [], registry: false };
const iso = (epochMs: number): string => new Date(epochMs).toISOString();

/** All pages, and how long they were. */
async function pages<T>(
  read: (cursor?: string) => Promise<Page<T>>,
): Promise<{ items: T[]; lengths: number[] }> {
  const items: T[] = [];
  const lengths: number[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await read(cursor);
    items.push(...page.items);
    lengths.push(page.items.length);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && lengths.length < 50);
  return { items, lengths };
}

describe('the list of runs', () => {
  test('is newest first, and pages neither repeat nor leave out runs of the same moment', async () => {
    const created = [5, 5, 5, 5, 9, 1, 7].map((n) =>
      runOf(seedOf(['list.one']), [{}], { createdAt: T0 + n }),
    );
    await commit({ runs: created.map((run) => runChange(run, null)) });
    const { items, lengths } = await pages<RunSummary>((cursor) =>
      db.queries.runs({ task: 'list.one', limit: 2, ...(cursor ? { cursor } : {}) }),
    );
    expect(lengths).toEqual([2, 2, 2, 1]);
    expect(new Set(items.map(({ run }) => run))).toEqual(new Set(created.map(({ seed }) => seed.run)));
    expect(items.map(({ createdAt }) => createdAt)).toEqual([9, 7, 5, 5, 5, 5, 1].map((n) => iso(T0 + n)));
  });

  test('a page that holds exactly the rest is the last one', async () => {
    expect((await db.queries.runs({ task: 'list.one', limit: 7 })).next).toBeNull();
  });

  test('can be narrowed by state and by job', async () => {
    const seed = { ...seedOf(['list.two']), task: null, job: 'list.nightly' };
    const failed = runOf(seed, [{ state: 'error' }], { state: 'failed', finishedAt: T0 + 3 });
    await commit({ runs: [runChange(failed, null)] });
    const expected = {
      ...{ run: seed.run, task: null, job: 'list.nightly', state: 'failed', trigger: seed.trigger },
      ...{ createdAt: iso(T0), finishedAt: iso(T0 + 3) },
    };
    expect((await db.queries.runs({ state: 'failed', limit: 5 })).items).toEqual([expected]);
    expect((await db.queries.runs({ job: 'list.nightly', limit: 5 })).items).toEqual([expected]);
    expect((await db.queries.runs({ job: 'list.nightly', state: 'running', limit: 5 })).items).toEqual([]);
  });

  test('takes runs of all states in turn', async () => {
    const { rows } = await db.sql.query<{ id: string; job: string | null }>(
      `INSERT INTO runs (id, version, state, task, job, scope, trigger, content_hash, created_at, next_seq)
       SELECT gen_random_uuid(), 1, (ARRAY['running', 'completed', 'failed', 'cancelled'])[1 + n % 4], 'list.three',
         CASE WHEN n % 3 = 0 THEN 'list.weekly' END, 'task', '{}', '', date_trunc('second', now()) + n / 2 * interval '1 s', 1
       FROM generate_series(1, 12) AS n RETURNING id, job`,
    );
    const listed = async (filter: { readonly ofJobs?: true }) => {
      const all = await pages<RunSummary>((cursor) =>
        db.queries.runs({ ...filter, limit: 5, ...(cursor ? { cursor } : {}) }),
      );
      const found = new Set(rows.map(({ id }) => id));
      return all.items.filter(({ run }) => found.has(run));
    };
    const all = await listed({});
    expect(new Set(all.map(({ run }) => run))).toEqual(new Set(rows.map(({ id }) => id)));
    expect(all).toHaveLength(12);
    const times = all.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
    expect((await listed({ ofJobs: true })).map(({ run }) => run)).toEqual(
      all.filter(({ job }) => job !== null).map(({ run }) => run),
    );
  });

  test('refuses a cursor that is not its own', async () => {
    const foreign = [
      'x',
      '',
      Buffer.from('1 2').toString('base64url'),
      Buffer.from(`1 ${randomUUID()} 3`).toString('base64url'),
    ];
    for (const cursor of foreign) {
      await expect(db.queries.runs({ limit: 1, cursor })).rejects.toThrow(InvalidCursor);
      await expect(db.queries.deadLetters({ limit: 1, cursor })).rejects.toThrow(InvalidCursor);
      await expect(db.queries.stream({ limit: 1, cursor })).rejects.toThrow(InvalidCursor);
      await expect(db.queries.stream({ run: randomUUID(), limit: 1, cursor })).rejects.toThrow(InvalidCursor);
    }
  });
});

describe('one run', () => {
  test('shows its tasks and elements with their latest progress', async () => {
    const seed = seedOf(['one.a', 'one.b', 'one.c']);
    const error = { code: 'broken', message: 'no' };
    const attempt = { invocation: 'one-2', instance: 'x' };
    const change = lived(
      seed,
      [RowType.taskInvoked, { invocation: 'one-2' }, 0],
      [RowType.taskQueued, { ...attempt, now: T0 + 1 }, 0],
      [RowType.taskStarted, { ...attempt, now: T0 + 2 }, 0],
      [RowType.taskBlocked, { blockedBy: 'one.a', now: T0 + 4 }, 1],
      [RowType.taskExpanded, { items: [{ k: 1 }], outside: {} }, 2],
      [RowType.taskError, { error, final: true, counted: true, now: T0 + 5 }, 2, 0],
    );
    await commit({ runs: [change] });
    const report = { run: seed.run, invocation: 'one-2', message: 'half', at: T0 };
    await db.progress.save({
      progress: [
        { ...report, percent: 10 },
        { ...report, percent: 50.5, at: T0 + 1 },
      ],
      log: [],
    });
    await db.progress.save({ progress: [{ ...report, percent: 20 }], log: [] });
    const none = {
      instance: null,
      invokedAt: null,
      queuedAt: null,
      startedAt: null,
      finishedAt: null,
      output: null,
      error: null,
      blockedBy: null,
      reason: null,
    };
    expect(await db.queries.run(seed.run)).toEqual({
      ...{ run: seed.run, task: 'one.a', job: null, state: 'running', trigger: seed.trigger },
      ...{ createdAt: iso(T0), finishedAt: null },
      tasks: [
        {
          ...{
            ...none,
            task: 'one.a',
            item: null,
            state: 'started',
            attempt: 1,
            server: 'one',
            instance: 'x',
          },
          ...{ invokedAt: iso(T0), queuedAt: iso(T0 + 1), startedAt: iso(T0 + 2) },
          progress: { percent: 50.5, message: 'half' },
        },
        {
          ...none,
          task: 'one.b',
          item: null,
          state: 'blocked',
          attempt: 0,
          server: 'one',
          blockedBy: 'one.a',
          finishedAt: iso(T0 + 4),
        },
        {
          ...none,
          task: 'one.c',
          item: null,
          state: 'started',
          attempt: 0,
          server: 'one',
          startedAt: iso(T0),
        },
        {
          ...none,
          task: 'one.c',
          item: { index: 0, value: { k: 1 } },
          state: 'error',
          attempt: 0,
          server: 'one',
          finishedAt: iso(T0 + 5),
          error,
        },
      ],
    });
  });

  test('that does not exist has neither view, history nor log', async () => {
    for (const run of [randomUUID(), 'nonsense']) {
      expect(await db.queries.run(run)).toBeNull();
      expect(await db.queries.history(run)).toBeNull();
      expect(await db.queries.log(run)).toBeNull();
    }
  });

  test('has its history in order of seq, all of it or from somewhere on', async () => {
    const seed = seedOf(['his.a']);
    const row = historyRow(3, {
      ...{
        at: T0 - 5,
        source: '/servers/a/1',
        type: EventType.taskQueued,
        task: 'his.a',
        item: 4,
        attempt: Number.MAX_SAFE_INTEGER,
        applied: false,
      },
      ...{
        reason: 'late',
        topic: 'cordyna.events',
        partition: 7,
        offset: '9007199254740993',
        data: { position: 1 },
      },
    });
    await commit({ runs: [runChange(runOf(seed), null, [historyRow(2), row, historyRow(1)])] });
    const history = await db.queries.history(seed.run);
    expect(history?.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(history?.[2]).toEqual({
      ...row,
      at: iso(T0 - 5),
      item: { index: 4 },
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect((await db.queries.history(seed.run, 2, 1))?.map(({ seq }) => seq)).toEqual([2]);
  });
});

describe('the log of a run', () => {
  test('names the attempt of each line, in the order in which they came', async () => {
    const seed = seedOf(['log.a']);
    const invoked = (seq: number, invocation: string, attempt: number) =>
      historyRow(seq, { type: EventType.taskInvoked, task: 'log.a', attempt, data: { invocation } });
    await commit({ runs: [runChange(runOf(seed), null, [invoked(1, 'log-1', 1), invoked(2, 'log-2', 2)])] });
    const line = (invocation: string, message: string, run = seed.run) => ({
      run,
      invocation,
      at: T0,
      level: 'info',
      message,
    });
    const long = 'x'.repeat(20_000);
    await db.progress.save({
      progress: [],
      log: [
        line('log-2', 'second'),
        line('log-1', 'first'),
        line('log-2', long),
        line('other', 'unknown'),
        line('log-1', 'x', randomUUID()),
        line('log-1', 'x', 'nonsense'),
      ],
    });
    const log = (await db.queries.log(seed.run)) ?? [];
    expect(log.map(({ attempt, message }) => [attempt, message.slice(0, 6)])).toEqual([
      [2, 'second'],
      [1, 'first'],
      [2, 'xxxxxx'],
    ]);
    expect(log[2]?.message).toHaveLength(16_384);
    expect(log[0]).toEqual({
      at: iso(T0),
      invocation: 'log-2',
      task: 'log.a',
      attempt: 2,
      level: 'info',
      message: 'second',
    });
  });

  test('keeps the last 1,000 lines of each attempt', async () => {
    const seed = seedOf(['log.b']);
    const invoked = ['many', 'few'].map((invocation, at) =>
      historyRow(at + 1, { type: EventType.taskInvoked, task: 'log.b', attempt: at, data: { invocation } }),
    );
    await commit({ runs: [runChange(runOf(seed), null, invoked)] });
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, n) => ({
        run: seed.run,
        invocation: 'many',
        at: T0,
        level: 'info',
        message: String(from + n),
      }));
    await db.progress.save({ progress: [], log: lines(0, 700) });
    await db.progress.save({
      progress: [],
      log: [
        ...lines(700, 1_300),
        { run: seed.run, invocation: 'few', at: T0, level: 'warn', message: 'only' },
      ],
    });
    const log = (await db.queries.log(seed.run)) ?? [];
    const many = log.filter(({ invocation }) => invocation === 'many').map(({ message }) => Number(message));
    expect(many).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 300));
    expect(log.filter(({ invocation }) => invocation === 'few')).toHaveLength(1);
  });
});

describe('a server', () => {
  test('is as well as the best of its instances that report, each of which shows its clock', async () => {
    const declaration = { server: 'well', tasks: [{ name: 'one' }] };
    const definition = {
      ...{ server: 'well', version: null, team: null, contact: null, description: null },
      ...{ tasks: [], jobs: [] },
    };
    const change = { kind: 'declare', server: definition, declaration, tasks: ['well.one'] } as const;
    const beat = (instance: string, state: 'online' | 'offline') => ({
      ...{ server: 'well', instance, state, capacity: 1 },
    });
    const { registry } = await db.store.load({ ...NO_NEEDS, registry: true });
    await commit({
      registry: { read: registry?.version ?? null, changes: [change] },
      heartbeats: [beat('off', 'offline'), beat('on', 'online')],
      signsOfLife: [{ server: 'well', instance: 'on', sentAt: (await db.now()) + 60_000 }],
    });
    const server = (await db.queries.servers()).find(({ server: name }) => name === 'well');
    expect(server?.state).toBe('online');
    const [off, on] = ['off', 'on'].map((name) =>
      server?.instances.find(({ instance }) => instance === name),
    );
    expect(off).toMatchObject({ state: 'offline', clockSkewMs: null });
    expect(on?.clockSkewMs).toBeGreaterThan(50_000);
  });
});
