import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Conflict,
  StoreRefused,
  positionOf,
  type Changes,
} from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  T0,
  changesOf,
  historyRow,
  invoke,
  message,
  needsOf,
  runChange,
  runOf,
  schedule,
  seedOf,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { JoinedQuery } from '../../apps/cerebro/src/persistence/sql/joined-query.js';
import { hotPool } from '../../apps/cerebro/src/persistence/sql/pools.js';
import { freshnessChange, statementsOf } from '../../apps/cerebro/src/persistence/store/write/index.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
const loadRun = async (run: string) => (await db.store.load(needsOf({ runs: [run] }))).runs.get(run);
const TABLES = ['runs', 'watched_task_runs', 'history', 'outbox', 'dead_letters', 'run_keys', 'instances'];
async function counts(): Promise<unknown> {
  const each = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  return (await db.sql.query(`SELECT ${each.join(', ')}`)).rows;
}

describe('an abort in the middle of a pipelined transaction', () => {
  test('leaves nothing of it behind, and the connection goes on', async () => {
    const seed = seedOf(['a.one']);
    const before = await counts();
    const everything: Partial<Changes> = {
      positions: [{ topic: 'aborted', partition: 0, from: null, to: 5n }],
      runs: [runChange(runOf(seed), null, [historyRow(1)])],
      keys: [{ target: 'a.one', key: 'aborted', run: seed.run, contentHash: 'h' }],
      schedules: [{ expectedVersion: 7, value: schedule('a.never') }],
      heartbeats: [{ server: 'a', instance: 'aborted', state: 'online', capacity: 1 }],
      outbox: [message('aborted')],
    };
    await expect(commit(everything)).rejects.toThrow(Conflict);
    expect(await counts()).toEqual(before);
    const position = needsOf({ positions: [{ topic: 'aborted', partition: 0 }] });
    expect((await db.store.load(position)).positions.size).toBe(0);
    await commit({ ...everything, schedules: [] });
    expect((await db.store.load(position)).positions.get(positionOf('aborted', 0))).toBe(5n);
  });

  test('at its very end leaves nothing behind either, and is known not to have taken effect', async () => {
    await db.sql.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END';
      CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        EXECUTE FUNCTION refuse();`);
    const seed = seedOf(['a.one']);
    const changes = { runs: [runChange(runOf(seed), null)], outbox: [message('of-late')] };
    try {
      await expect(commit(changes)).rejects.toThrow(StoreRefused);
    } finally {
      await db.sql.query('DROP TRIGGER refused ON runs; DROP FUNCTION refuse');
    }
    expect(await loadRun(seed.run)).toBeUndefined();
    expect((await commit(changes)).outbox?.messages).toHaveLength(1);
  });

  test('is what a value makes of it that the driver cannot send', async () => {
    const before = await counts();
    const pool = hotPool({ url: db.url, applicationName: 'unsent', size: 1, onError: () => undefined });
    const client = await pool.connect();
    const text = `INSERT INTO run_keys (target, key, run, content_hash) VALUES ('t', $1, gen_random_uuid(), 'h')`;
    const unsendable = {
      toPostgres: () => {
        throw new Error('not to be sent');
      },
    };
    const values = [['sound'], [unsendable as unknown as string]];
    const error = await new Promise<Error | null>((resolve) => {
      const statements = values.map((value) => ({ name: 'unsent', text, values: value }));
      client.query(new JoinedQuery(statements, resolve));
    });
    expect(error?.message).toContain('not to be sent');
    client.release(true);
    await pool.end();
    expect(await counts()).toEqual(before);
  });

  test('a value that PostgreSQL refuses is told apart from a conflict', async () => {
    const nul = String.fromCharCode(0);
    const seed = seedOf(['a.one']);
    const row = historyRow(1, { data: { text: `a${nul}b` } });
    await expect(commit({ runs: [runChange(runOf(seed), null, [row])] })).rejects.toThrow(StoreRefused);
    await expect(
      commit({ keys: [{ target: 'a', key: nul, run: seed.run, contentHash: '' }] }),
    ).rejects.toThrow(StoreRefused);
    const long = Array.from({ length: 2_000 }, () => randomUUID()).join('');
    await expect(
      commit({ keys: [{ target: 'a', key: long, run: seed.run, contentHash: '' }] }),
    ).rejects.toThrow(StoreRefused);
    await expect(commit({ runs: [runChange(runOf(seedOf(['a.one'], 'no-uuid')), null)] })).rejects.toThrow(
      StoreRefused,
    );
    await expect(
      commit({ runs: [runChange(runOf(seed), null, [historyRow(1, { at: Number.NaN })])] }),
    ).rejects.toThrow(StoreRefused);
    expect(await loadRun(seed.run)).toBeUndefined();
  });

  test('a batch that is too large for one transaction is refused, so that it is divided', async () => {
    const value = Buffer.alloc(16 * 1024 * 1024);
    const outbox = Array.from({ length: 9 }, (_, n) => message(`large-${n}`, { value }));
    await expect(commit({ outbox })).rejects.toThrow(StoreRefused);
    expect((await commit({ outbox: outbox.slice(0, 1) })).outbox?.messages).toHaveLength(1);
  });
});

test('a commit reaches every row by an index, in the order of its key, whatever the statistics of its tables say', async () => {
  const pool = hotPool({ url: db.url, applicationName: 'plans', size: 1, onError: () => undefined });
  const changes = changesOf({
    positions: [{ topic: 'planned', partition: 0, from: 1n, to: 2n }],
    runs: [runChange(runOf(seedOf(['a.one'])), 1), runChange(runOf(seedOf(['a.one'])), null)],
    freshness: { read: new Map([['a.one', 1]]), writes: [{ task: 'a.one', consumed: {} }] },
    signsOfLife: [{ server: 'a', instance: 'one', sentAt: T0 }],
    published: ['1'],
    narrowed: [{ row: '2', settled: [0] }],
    outbox: [message('planned')],
  });
  const many = ['a.one', 'a.two', 'a.three'].map((task) => ({
    task,
    latest: { run: randomUUID(), output: {} },
  }));
  const manyTasks = changesOf({ freshness: { read: new Map(), writes: many } });
  await db.sql.query('ANALYZE');
  for (const { name, text } of [changes, manyTasks].flatMap((all) =>
    statementsOf(all, 'planned', freshnessChange(all, new Set())),
  )) {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${text}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(`${name}\n${plan}`).not.toMatch(/Seq Scan|Bitmap|Hash Join|Merge Join/);
    if (/remove/.test(name)) expect(plan).toMatch(/Index Cond: \(id = ANY/);
  }
  await pool.end();
});

describe('what is kept of tasks', () => {
  const RUN = randomUUID();
  const MASKS = Array.from({ length: 15 }, (_, n) => n + 1);
  const writeOf = (task: string, mask: number) => ({
    task,
    ...(mask & 1 ? { consumed: { 'b.new': RUN } } : {}),
    ...(mask & 2 ? { latest: { run: RUN, output: { of: mask } } } : {}),
    ...(mask & 4 ? { holders: { before: null, now: ['a.place'] } } : {}),
  });
  /** As one commit, of tasks that have something already. */
  async function write(tasks: readonly (readonly [task: string, mask: number])[]): Promise<void> {
    for (const [task] of tasks)
      await commit({
        freshness: {
          read: new Map(),
          writes: [{ task, consumed: { 'b.old': RUN }, holders: { before: ['a.place'] } }],
        },
      });
    const ended = tasks.flatMap(([task, mask]) => (mask & 8 ? [task] : []));
    const ends = { state: 'error', finishedAt: T0 + 5 } as const;
    const run = runOf(
      seedOf(ended),
      ended.map(() => ends),
    );
    const written = tasks.filter(([, mask]) => mask & 7);
    const isRead = (mask: number): boolean => mask % 3 === 0;
    await commit({
      runs: ended.length > 0 ? [runChange(run, null)] : [],
      freshness: {
        read: new Map(written.flatMap(([task, mask]) => (isRead(mask) ? [[task, 1]] : []))),
        writes: written.map(([task, mask]) => writeOf(task, mask)),
      },
    });
  }
  const kept = async (task: string): Promise<unknown> =>
    (
      await db.sql.query(
        `SELECT version, consumed, holders, latest_run, output, completed_at, ended_run IS NOT NULL AS has_ended,
           ended_state, ended_created_at FROM freshness WHERE task = $1`,
        [task],
      )
    ).rows;

  test('is the same whether a commit is about one of them or about many, whatever it says of each', async () => {
    await write(MASKS.map((mask) => [`all.n${mask}`, mask]));
    for (const mask of MASKS) {
      const many = ['x', 'y', 'z'].map((letter) => `many.${letter}${mask}`);
      await write([[`one.n${mask}`, mask]]);
      await write(many.map((task) => [task, mask]));
      const expected = await kept(`one.n${mask}`);
      for (const task of [...many, `all.n${mask}`])
        expect([mask, await kept(task)]).toEqual([mask, expected]);
    }
    expect(await kept('one.n15')).toEqual([
      {
        version: '2',
        consumed: { 'b.old': RUN, 'b.new': RUN },
        holders: { now: ['a.place'] },
        latest_run: RUN,
        output: '{"of":15}',
        completed_at: new Date(T0 + 5),
        has_ended: true,
        ended_state: 'error',
        ended_created_at: new Date(T0),
      },
    ]);
  });

  test('many of which one has another version than was read are not written', async () => {
    const tasks = ['moved.a', 'moved.b', 'moved.c'];
    const writes = tasks.map((task) => ({ task, consumed: { 'b.old': RUN } }));
    await commit({ freshness: { read: new Map(), writes } });
    await expect(
      commit({ freshness: { read: new Map([['moved.b', 0]]), writes: writes.map((one) => ({ ...one })) } }),
    ).rejects.toThrow(Conflict);
    expect(await Promise.all(tasks.map(kept))).toEqual(
      tasks.map(() => [expect.objectContaining({ version: '1' })]),
    );
  });
});

describe('schedules and firings', () => {
  test('a schedule is saved over the version that was read, and knows whether its last run is unfinished', async () => {
    const seed = seedOf(['s.tick']);
    const value = schedule('s.tick', { cron: '*/5 * * * *', everyMs: null, timezone: 'Europe/Berlin' });
    const load = async () => (await db.store.load(needsOf({ schedules: ['s.tick', 's.none'] }))).schedules;
    await commit({ schedules: [{ expectedVersion: null, value }] });
    expect(await load()).toEqual(new Map([['s.tick', { version: 1, lastRunOpen: false, value }]]));
    await expect(commit({ schedules: [{ expectedVersion: null, value }] })).rejects.toThrow(Conflict);
    const ran = { ...value, lastRun: seed.run, nextDueAt: null, active: false, everyMs: 4_294_967_296 };
    await commit({ schedules: [{ expectedVersion: 1, value: ran }], runs: [runChange(runOf(seed), null)] });
    await expect(commit({ schedules: [{ expectedVersion: 1, value: ran }] })).rejects.toThrow(Conflict);
    expect((await load()).get('s.tick')).toEqual({ version: 2, lastRunOpen: true, value: ran });
  });

  test('a due time is settled once', async () => {
    const firing = {
      schedule: 's.once',
      scheduledFor: T0,
      outcome: 'run',
      run: randomUUID(),
      reason: null,
    } as const;
    const missed = { ...firing, scheduledFor: T0 - 1, outcome: 'missed', run: null, reason: 'late' } as const;
    await commit({ firings: [firing] });
    await expect(commit({ firings: [missed, { ...firing, run: randomUUID() }] })).rejects.toThrow(Conflict);
    await commit({ firings: [missed] });
    expect(await db.queries.firings('s.once', 10)).toEqual([
      { scheduledFor: new Date(T0).toISOString(), outcome: 'run', run: firing.run, reason: null },
      { scheduledFor: new Date(T0 - 1).toISOString(), outcome: 'missed', run: null, reason: 'late' },
    ]);
  });
});

test('commits that are sent one behind the other take effect in that order, or none after one that fails', async () => {
  const seed = seedOf(['behind.one']);
  const other = seedOf(['behind.other']);
  const [first, failing] = [{}, {}];
  const behind = (after: object) => ({ ticket: {}, after });
  const created = db.store.commit(changesOf({ runs: [runChange(runOf(seed), null)] }), {
    ticket: first,
    after: null,
  });
  const changed = db.store.commit(changesOf({ runs: [runChange(runOf(seed), 1)] }), behind(first));
  await Promise.all([created, changed]);
  expect((await loadRun(seed.run))?.version).toBe(2);
  const answers = await Promise.allSettled([
    db.store.commit(changesOf({ runs: [runChange(runOf(seed), 1)] }), { ticket: failing, after: null }),
    db.store.commit(changesOf({ runs: [runChange(runOf(other), null)] }), behind(failing)),
  ]);
  for (const answer of answers)
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(Conflict);
  expect(await loadRun(other.run)).toBeUndefined();
});

describe('the outbox', () => {
  test('has one row for all messages of a commit, as they were, with a stamp on the clock of the database', async () => {
    const outbox = [
      invoke('i-1', { run: randomUUID(), server: 'a' }),
      message('m-2', { key: null, value: null, headers: {} }),
      message('m-3', { kind: 'dead-letter', value: Buffer.from([0, 255, 92, 34]) }),
    ];
    const { outbox: saved, clock } = await commit({ outbox });
    expect(saved).toEqual({ id: saved?.id, messages: outbox, places: null, createdAt: clock, stamp: clock });
    expect(Math.abs(clock - (await db.now()))).toBeLessThan(5_000);
    const claimed = await db.timers.claimUnpublished(-1, 100);
    const mine = claimed.find(({ id }) => id === saved?.id);
    expect({ ...mine, stamp: clock }).toEqual(saved);
    expect((await commit({ outbox: [] })).outbox).toBeNull();
  });
});

describe('dead letters', () => {
  test('are kept as they came', async () => {
    const detail = `position 3: unexpected ${String.fromCharCode(0)}`;
    const key = Buffer.from([0, 1, 254]);
    const value = Buffer.from([0xff, 0xfe, 0]);
    const where = { topic: 't', partition: 1, offset: 12_345_678_901n };
    await commit({
      deadLetters: [
        { reason: 'not_json', detail, ...where, key, value, truncated: true },
        { reason: 'no_value', detail: 'none', ...where, key: null, value: null, truncated: false },
      ],
    });
    const { items } = await db.queries.deadLetters({ limit: 2 });
    expect(items.map(({ value: shown, encoding }) => ({ shown, encoding }))).toEqual([
      { shown: null, encoding: 'utf8' },
      { shown: value.toString('base64'), encoding: 'base64' },
    ]);
    expect(items[1]).toMatchObject({
      reason: 'not_json',
      detail: 'position 3: unexpected \uFFFD',
      key: key.toString('base64'),
      offset: '12345678901',
      truncated: true,
    });
  });
});
