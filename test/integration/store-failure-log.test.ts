import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import type { FailureFilter, FailureView } from '../../apps/cerebro/src/coordination/ports/index.js';
import { failuresQuery } from '../../apps/cerebro/src/persistence/queries/failures.js';
import {
  changesOf,
  historyRow,
  runChange,
  runOf,
  seedOf,
  T0,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

const NOISE = 30_000;
const seed = seedOf(['one.a', 'two.b']);
const cerebro = { source: '/cerebro/x', type: EventType.taskError, attempt: 1 };
const ended = (code: string) => ({ data: { invocation: 'i', error: { code, message: `m ${code}` } } });

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
  const rows = [
    historyRow(1, { ...cerebro, ...ended('ack_timeout'), task: 'one.a' }),
    historyRow(2, { ...cerebro, ...ended('server_lost'), task: 'two.b' }),
    // A task may call its own errors as it likes.
    historyRow(3, { ...cerebro, ...ended('ack_timeout'), task: 'one.a', source: '/servers/one/i' }),
    historyRow(4, {
      ...{ type: EventType.taskStarted, source: '/servers/one/i', task: 'one.a', attempt: 7, applied: false },
      ...{ reason: 'wrong lease', topic: 't', partition: 1, offset: '9', data: { instance: 'i' } },
    }),
    historyRow(5, { task: null, source: '/http', applied: false, reason: 'the run is unfinished' }),
  ];
  await db.store.commit(changesOf({ runs: [runChange(runOf(seed), null, rows)] }));
  const beat = { server: 'one', instance: 'i', state: 'online', capacity: 1 } as const;
  await db.store.commit(changesOf({ heartbeats: [beat] }));
  const gone = { server: 'one', instance: 'i', silentBefore: Date.now() + 86_400_000 };
  expect((await db.store.commit(changesOf({ lost: [gone] }))).lost).toBe(1);
  expect((await db.store.commit(changesOf({ lost: [gone] }))).lost).toBe(0);
  const letter = { detail: 'd', partition: 0, value: null, truncated: false };
  await db.store.commit(
    changesOf({
      deadLetters: [
        { ...letter, reason: 'not_json', topic: 'c.events', offset: 1n, key: Buffer.from([0xff]) },
        { ...letter, reason: 'invalid_data', topic: 'c.servers', offset: 2n, key: Buffer.from('two') },
      ],
    }),
  );
});
afterAll(() => db.closeAll());

const list = async (filter: Partial<FailureFilter> = {}): Promise<readonly FailureView[]> =>
  (await db.queries.failures({ limit: 100, ...filter })).items;
const reasons = async (filter: Partial<FailureFilter>) => (await list(filter)).map(({ reason }) => reason);

describe('the failure log', () => {
  test('has dead letters, refused inputs, timeouts and losses, newest first, each with its place', async () => {
    const all = await list();
    expect(all.map(({ at }) => at)).toEqual(
      all
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    expect(all.map(({ kind, reason }) => `${kind} ${reason}`).sort()).toEqual([
      ...['dead_letter invalid_data', 'dead_letter not_json', 'lost instance_lost', 'lost server_lost'],
      ...['refused the run is unfinished', 'refused wrong lease', 'timeout ack_timeout'],
    ]);
    expect(all.find(({ reason }) => reason === 'wrong lease')).toEqual({
      ...{ kind: 'refused', at: expect.any(String), reason: 'wrong lease', server: 'one', instance: 'i' },
      ...{ detail: 'cordyna.task.started.v1 from /servers/one/i', task: 'one.a', attempt: 7, run: seed.run },
      ...{ seq: 4, topic: 't', partition: 1, offset: '9' },
    });
    expect(all.find(({ kind }) => kind === 'timeout')).toMatchObject({ detail: 'm ack_timeout', seq: 1 });
  });

  test('can be narrowed by kind, by server and by time', async () => {
    expect(await reasons({ kind: 'timeout' })).toEqual(['ack_timeout']);
    expect(await reasons({ kind: 'lost' })).toEqual(['instance_lost', 'server_lost']);
    expect(await reasons({ server: 'two' })).toEqual(['invalid_data', 'server_lost']);
    expect(await reasons({ server: 'one', kind: 'refused' })).toEqual(['wrong lease']);
    expect(await reasons({ since: Date.now() + 60_000 })).toEqual([]);
    expect(await list({ since: T0 - 86_400_000_000 })).toHaveLength(7);
  });

  test('pages neither repeat nor leave out what happened in the same moment', async () => {
    const { sql, queries } = db;
    await sql.query(
      `UPDATE history_failures SET recorded_at = '2026-11-21 10:00:00.123456Z' WHERE run = $1`,
      [seed.run],
    );
    await sql.query(`UPDATE dead_letters SET at = '2026-11-21 10:00:00.123456Z'`);
    await sql.query(`UPDATE lost_instances SET at = '2026-11-21 10:00:00.123456Z'`);
    for (const limit of [1, 2, 3]) {
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null && seen.length < 20;) {
        const page = await queries.failures({ limit, ...(cursor ? { cursor } : {}) });
        seen.push(...page.items.map(({ kind, reason, seq, offset }) => `${kind} ${reason} ${seq} ${offset}`));
        cursor = page.next;
      }
      expect(seen).toEqual((await list()).map((one) => `${one.kind} ${one.reason} ${one.seq} ${one.offset}`));
      expect(new Set(seen).size).toBe(7);
    }
  });

  test('is read by its indexes, however long the histories are', async () => {
    await db.sql.query(
      `INSERT INTO history_failures (run, seq, kind, server, reason, detail)
       SELECT gen_random_uuid(), 1, 'refused', 'three', '', '' FROM generate_series(1, $1)`,
      [NOISE],
    );
    await db.sql.query('ANALYZE history_failures');
    for (const filter of [
      {},
      { server: 'two' },
      { kind: 'timeout' },
      { kind: 'lost', server: 'two' },
    ] as const) {
      const { text, values } = failuresQuery({ limit: 50, ...filter });
      const { rows } = await db.sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('history_');
      expect(plan).not.toContain('Seq Scan on history_failures');
    }
  });
});
