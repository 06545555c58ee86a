import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Conflict,
  StoreRefused,
  keyOf,
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
const TABLES = ['runs', 'task_runs', 'history', 'outbox', 'dead_letters', 'run_keys', 'instances'];
async function counts(): Promise<unknown> {
  const each = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  return (await db.sql.query(`SELECT ${each.join(', ')}`)).rows;
}

describe('runs', () => {
  test('a run is loaded exactly as it was saved, with version 1', async () => {
    const seed = seedOf(['a.one', 'b.two', 'b.three']);
    const error = {
      code: 'broken',
      message: 'it broke',
      description: 'Why: "quotes", \\ and {braces}',
      retryable: false,
    };
    const run = runOf(
      seed,
      [
        {
          ...{
            state: 'completed',
            attempt: 2,
            failures: 1,
            invocation: 'i1',
            instance: 'x',
            output: { n: 1.5, s: 'ü"\\' },
          },
          ...{ invokedAt: T0, queuedAt: T0 + 1, startedAt: T0 + 2, finishedAt: T0 + 3 },
          outside: { 'c.out': { run: randomUUID(), output: [{ a: 1 }] } },
          elements: { first: 3, count: 2 },
        },
        {
          state: 'started',
          attempt: 1,
          invocation: 'i2',
          deadlineAt: T0 + 999,
          deadlineKind: 'complete',
          startedAt: T0,
        },
        { state: 'pending', reason: 'waiting for capacity of b', retryAt: T0 + 5, blockedBy: 'a.one' },
        { member: 0, item: { index: 0, value: null }, state: 'error', error, finishedAt: T0 },
        { member: 0, item: { index: 1, value: ['NULL', '', '{}'] }, state: 'cancelled', reason: '' },
      ],
      { nextSeq: 7 },
    );
    await commit({ runs: [runChange(run, null)] });
    expect(await loadRun(seed.run)).toEqual({ version: 1, contentHash: 'hash', value: run });
  });

  test('each commit raises the version by one and writes what was touched', async () => {
    const seed = seedOf(['a.one', 'b.two']);
    await commit({ runs: [runChange(runOf(seed), null)] });
    const started = runOf(seed, [{ state: 'started', attempt: 1, invocation: 'i' }, {}], { nextSeq: 2 });
    await commit({ runs: [{ ...runChange(started, 1), touched: [started.tasks.at(0)] }] });
    const finished = runOf(
      seed,
      [{ state: 'completed', attempt: 1, invocation: 'i', output: {} }, { state: 'completed' }],
      {
        state: 'completed',
        finishedAt: T0 + 1,
        nextSeq: 4,
      },
    );
    await commit({ runs: [runChange(finished, 2)] });
    expect(await loadRun(seed.run)).toEqual({ version: 3, contentHash: 'hash', value: finished });
  });

  test('a run that is created twice, or saved over another version, is a conflict that writes nothing', async () => {
    const seed = seedOf(['a.one']);
    await commit({ runs: [runChange(runOf(seed), null)] });
    const again = runChange(runOf(seed, [{}], { nextSeq: 99 }), null, [historyRow(1)]);
    await expect(commit({ runs: [again] })).rejects.toThrow(Conflict);
    await expect(commit({ runs: [{ ...again, expectedVersion: 2 }] })).rejects.toThrow(Conflict);
    await expect(commit({ runs: [runChange(runOf(seedOf(['a.one'])), 1)] })).rejects.toThrow(Conflict);
    expect((await loadRun(seed.run))?.value.nextSeq).toBe(1);
    expect(await db.queries.history(seed.run)).toEqual([]);
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
    const value = Buffer.alloc(8 * 1024 * 1024);
    const outbox = Array.from({ length: 9 }, (_, n) => message(`large-${n}`, { value }));
    await expect(commit({ outbox })).rejects.toThrow(StoreRefused);
    expect((await commit({ outbox: outbox.slice(0, 1) })).outbox).toHaveLength(1);
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

describe('the outbox', () => {
  test('gives ids and stamps in the order of the messages, on the clock of the database', async () => {
    const outbox = [
      invoke('i-1', { run: randomUUID(), server: 'a' }),
      message('m-2', { key: null, value: null, headers: {} }),
      message('m-3', { kind: 'dead-letter', value: Buffer.from([0, 255, 92, 34]) }),
    ];
    const saved = await commit({ outbox });
    expect(saved.outbox.map(({ messageId }) => messageId)).toEqual(['invoke-i-1', 'm-2', 'm-3']);
    const ids = saved.outbox.map(({ id }) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    for (const { createdAt, stamp } of saved.outbox) {
      expect(createdAt).toBe(saved.clock);
      expect(stamp).toBe(saved.clock);
    }
    expect(Math.abs(saved.clock - (await db.timers.now()))).toBeLessThan(5_000);
    const claimed = await db.timers.claimUnpublished(-1, 100);
    const mine = claimed.filter(({ id }) => ids.includes(Number(id)));
    expect(mine.map((row) => ({ ...row, stamp: 0 }))).toEqual(
      saved.outbox.map((row) => ({ ...row, stamp: 0 })),
    );
  });

  test('published rows go, and of ended attempts the unpublished invoke, not its cancel', async () => {
    const cancel = message('cancel-i-9', { kind: 'command', invocation: 'i-9', ackMs: null });
    const { outbox } = await commit({ outbox: [invoke('i-8'), invoke('i-9'), cancel, message('m-9')] });
    const ids = outbox.map(({ id }) => id);
    const left = async () => [...(await db.timers.stillUnpublished(ids))].sort();
    await commit({ published: [ids[3] ?? ''], voided: ['i-9', 'i-unknown'] });
    expect(await left()).toEqual([ids[0], ids[2]].sort());
    await commit({ published: ids });
    expect(await left()).toEqual([]);
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
