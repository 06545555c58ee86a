import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Changes } from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  changesOf,
  invoke,
  message,
  runChange,
  runOf,
  schedule,
  seedOf,
  type TaskFields,
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

describe('deadlines', () => {
  test('are due strictly before the watermark, the oldest first', async () => {
    const at = await db.timers.now();
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
    const now = await db.timers.now();
    const waits = (retryAt: number): TaskFields => ({ reason: 'retry 2 of 3', retryAt });
    const later = await runWith('r', [waits(now - 10), waits(now - 5)]);
    const sooner = await runWith('r', [waits(now - 20)]);
    await runWith('r', [waits(now + 600_000)]);
    await runWith('r', [waits(now - 10)], { state: 'cancelled' });
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
    expect(await db.timers.runsWaitingFor(['c'], 10)).toEqual([older, newer]);
    expect(await db.timers.runsWaitingFor(['c', 'e'], 1)).toEqual([older]);
    expect(await db.timers.runsWaitingFor([], 10)).toEqual([]);
    const waiting = await db.timers.waitingPerServer();
    expect([waiting.get('c'), waiting.get('e')]).toEqual([3, 1]);
    const unfinished = await db.timers.unfinishedPerServer();
    expect([unfinished.get('c'), unfinished.get('e')]).toEqual([3, 1]);
  });

  test('that was given is waited for no more', async () => {
    const seed = seedOf(['g.one']);
    await commit({ runs: [runChange(runOf(seed, [{ reason: 'waiting for capacity of g' }]), null)] });
    expect(await db.timers.runsWaitingFor(['g'], 10)).toEqual([seed.run]);
    await commit({ runs: [runChange(runOf(seed, [{ state: 'invoked', attempt: 1, invocation: 'g' }]), 1)] });
    expect(await db.timers.runsWaitingFor(['g'], 10)).toEqual([]);
  });
});

describe('withdrawn servers', () => {
  test('are proposed to unfinished runs that still have pending members of them', async () => {
    const run = await runWith('gone', [{}, {}]);
    await runWith('gone', [{ state: 'started', attempt: 1, invocation: 'gone-1' }]);
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
    await commit({ registry: { read: 1, changes: [{ kind: 'withdraw', server: 'gone' }] } });
    expect(await db.timers.runsOfWithdrawnServers(10)).toEqual([{ run, server: 'gone' }]);
  });
});

describe('schedules', () => {
  test('are due when they are active and their time has come', async () => {
    const now = await db.timers.now();
    const all = [
      schedule('s.second', { nextDueAt: now - 1 }),
      schedule('s.first', { nextDueAt: now - 2 }),
      schedule('s.later', { nextDueAt: now + 600_000 }),
      schedule('s.never', { nextDueAt: null }),
      schedule('s.stopped', { nextDueAt: now - 3, active: false }),
    ];
    await commit({ schedules: all.map((value) => ({ expectedVersion: null, value })) });
    expect(await db.timers.dueSchedules(10)).toEqual(['s.first', 's.second']);
    expect(await db.timers.dueSchedules(1)).toEqual(['s.first']);
  });
});

describe('the sweeper', () => {
  test('takes over each old row once, in order, with a new stamp', async () => {
    const { outbox } = await commit({ outbox: [invoke('sw-1'), message('sw-2'), message('sw-3')] });
    expect(await db.timers.claimUnpublished(60_000, 10)).toEqual([]);
    await db.sql.query(
      `UPDATE outbox SET created_at = created_at - interval '1 min', stamp = stamp - interval '1 min'`,
    );
    const claims = await Promise.all([
      db.timers.claimUnpublished(12_000, 2),
      db.another().timers.claimUnpublished(12_000, 10),
    ]);
    const claimed = claims.flat().sort((a, b) => Number(a.id) - Number(b.id));
    expect(claimed.map(({ id }) => id)).toEqual(outbox.map(({ id }) => id));
    const [first] = claimed;
    expect(first).toEqual({ ...outbox[0], createdAt: first?.createdAt, stamp: first?.stamp });
    for (const { createdAt, stamp } of claimed) expect(stamp - createdAt).toBeGreaterThanOrEqual(60_000);
    expect(await db.timers.claimUnpublished(12_000, 10)).toEqual([]);
  });

  test('passes by what another one is taking over at this moment', async () => {
    await commit({ outbox: [message('locked'), message('free')] });
    await db.sql.query(
      `UPDATE outbox SET stamp = stamp - interval '1 min' WHERE message_id IN ('locked', 'free')`,
    );
    await db.sql.query('BEGIN');
    await db.sql.query(`SELECT 1 FROM outbox WHERE message_id = 'locked' FOR UPDATE`);
    const claimed = await db.timers.claimUnpublished(12_000, 10);
    await db.sql.query('ROLLBACK');
    expect(claimed.map(({ messageId }) => messageId)).toEqual(['free']);
  });
});

test('every question of a timer is answered by an index, however many runs have ended', async () => {
  await db.sql.query(`
    INSERT INTO runs SELECT gen_random_uuid(), 1, 'completed', 'x.y', NULL, 'task', '{}', '{}', '', now(), now(), 1
      FROM generate_series(1, 3000);
    INSERT INTO task_runs (run, index, member, task, server, state, attempt, failures, invocation, outside, run_created_at)
      SELECT id, n, n, 'x.y', 'x', 'completed', 1, 0, id::text || n, '{}', now() FROM runs, generate_series(0, 2) AS n
      WHERE task = 'x.y';`);
  await db.sql.query('ANALYZE task_runs');
  const plans: string[] = [];
  const questions = [
    `SELECT run FROM task_runs WHERE deadline_at < now() ORDER BY deadline_at LIMIT 10`,
    `SELECT t.run FROM task_runs t WHERE t.retry_at <= now()`,
    `SELECT run FROM task_runs WHERE waiting_server = ANY ('{a}') GROUP BY run ORDER BY min(run_created_at), run LIMIT 5`,
    `SELECT server, count(*) FROM task_runs WHERE invocation IS NOT NULL AND state IN ('invoked', 'queued', 'started') GROUP BY server`,
    `SELECT t.run FROM instances i JOIN task_runs t ON t.server = i.server AND t.instance = i.instance
       WHERE t.invocation IS NOT NULL AND t.state IN ('queued', 'started') AND i.state = 'lost'`,
    `SELECT DISTINCT t.run FROM servers s JOIN task_runs t ON t.server = s.server AND t.state = 'pending'`,
  ];
  for (const question of questions) {
    const { rows } = await db.sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${question}`);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
  }
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on task_runs/);
});
