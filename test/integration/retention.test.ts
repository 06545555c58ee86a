import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { joinMessages } from '../../apps/cerebro/src/persistence/sql/outbox-row.js';
import { message } from '../../apps/cerebro/test/persistence/support/builders.js';
import { KEPT_MS, openKept, type Kept } from './retention-support.js';

let kept: Kept;
beforeAll(async () => {
  kept = await openKept();
  const tasks = ['up', 'free', 'busy', 'keyed', 'again'].map((name) => ({ name }));
  await kept.door.declare({ server: 'r', tasks: [...tasks, { name: 'down', dependsOn: ['r.up'] }] });
  await kept.door.declare({ server: 'timed', tasks: [{ name: 'tick', everyMs: 3_600_000 }] });
});
afterAll(() => kept.close());

const rowsOf = async (run: string): Promise<Record<string, number>> => {
  const tables = ['history_parts', 'task_log', 'task_progress', 'run_keys'];
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table} WHERE run = $1) AS ${table}`);
  return (await kept.sql.query<Record<string, number>>(`SELECT ${counts.join(', ')}`, [run])).rows[0] ?? {};
};

/** Ends what of a run has been invoked again. */
async function endAll(run: string): Promise<void> {
  const found = await kept.door.persistence.queries.run(run);
  const task = found?.tasks.find(({ state }) => state === 'invoked')?.task;
  if (task) await kept.end(run, task);
}

/** Small whole numbers, the same ones each time (a linear congruential generator, Numerical Recipes' constants). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('retention', () => {
  test('removes an old run with all that belongs to it, and no younger one', async () => {
    const old = await kept.completed('r.free', 31, 'old-key');
    const young = await kept.completed('r.free', 29);
    const newest = await kept.completed('r.free', 0);
    const line = { run: old, invocation: 'i', at: 0, level: 'info', message: 'hello' };
    await kept.door.persistence.progress.save({ progress: [{ ...line, percent: 1 }], log: [line] });
    expect(await rowsOf(old)).toEqual({
      history_parts: 2,
      task_log: 1,
      task_progress: 1,
      run_keys: 1,
    });
    expect(await kept.sweep()).toMatchObject({
      ...{ runs: 1, history_parts: 2, task_log: 1, run_keys: 1 },
    });
    expect(await kept.door.persistence.queries.run(old)).toBeNull();
    expect(await rowsOf(old)).toEqual({
      history_parts: 0,
      task_log: 0,
      task_progress: 0,
      run_keys: 0,
    });
    expect(await kept.runs()).toEqual(new Set([young, newest]));
    expect((await kept.sql.query('SELECT * FROM removed_runs')).rows).toEqual([]);
  });

  test('keeps a run that is unfinished, however old, and it goes on', async () => {
    const run = await kept.door.request('r.busy');
    await kept.age(run, 400);
    await kept.sweep();
    await kept.end(run, 'r.busy');
    expect(await kept.stateOf(run)).toBe('completed');
  });

  test('keeps what an idempotency key of fewer days leads to, and its repetition finds it', async () => {
    const run = await kept.completed('r.keyed', 40, 'k');
    await kept.completed('r.keyed', 0);
    await kept.sql.query('UPDATE run_keys SET created_at = now() WHERE run = $1', [run]);
    await kept.sweep();
    expect(await kept.door.request('r.keyed', 'k')).toBe(run);
    await kept.age(run, 40);
    await kept.sweep();
    expect(await kept.door.request('r.keyed', 'k')).not.toBe(run);
  });

  test('keeps the latest output of a task for runs of what depends on it, and the newest run for its last state', async () => {
    const up = await kept.door.request('r.up');
    await kept.end(up, 'r.up', { rows: 7 });
    await kept.end(up, 'r.down');
    await kept.age(up, 300);
    const failed = await kept.failed('r.up', 200);
    const newest = await kept.failed('r.up', 100);
    await kept.sweep();
    const runs = await kept.runs();
    expect([up, failed, newest].map((run) => runs.has(run))).toEqual([true, false, true]);
    expect((await kept.door.persistence.queries.lastStates()).get('r.up')).toBe('error');
    const outcome = await kept.door.submit({
      ...{ kind: 'run-requested', source: '/test', at: 0, trigger: { kind: 'request' }, fallbackKey: null },
      ...{ newRun: '01990000-0000-7000-8000-000000000077', where: null },
      request: { task: 'r.down', scope: 'task' },
    });
    if (outcome.kind !== 'run') throw new Error(outcome.kind);
    await kept.end(outcome.run, 'r.down');
    const invoke = kept.door.invokeOf(outcome.run, 'r.down');
    expect(JSON.parse(String(invoke?.value))).toMatchObject({ data: { inputs: { 'r.up': { rows: 7 } } } });
  });

  test('a schedule whose last run is gone fires as before, and keeps its newest firing', async () => {
    const fire = async (): Promise<string> => {
      await kept.sql.query(
        `UPDATE schedules SET version = version + 1, anchor = anchor - interval '1 hour', next_due_at = next_due_at - interval '1 hour'`,
      );
      await kept.door.submit({ kind: 'fire', schedule: 'timed.tick', newRun: randomUUID() });
      const { rows } = await kept.sql.query<{ last_run: string }>('SELECT last_run FROM schedules');
      return String(rows[0]?.last_run);
    };
    const first = await fire();
    await kept.end(first, 'timed.tick');
    await kept.age(first, 90);
    const second = await fire();
    await kept.end(second, 'timed.tick');
    await kept.age(second, 60);
    expect(await kept.sweep()).toMatchObject({ runs: 1, schedule_firings: 1 });
    const listed = await kept.door.persistence.queries.firings('timed.tick', 10);
    expect(listed.map(({ run }) => run)).toEqual([second]);
    // As if it were gone too: nothing of a schedule leans on its last run but whether that is open.
    await kept.sql.query('UPDATE schedules SET last_run = gen_random_uuid()');
    expect(await fire()).not.toBe(second);
  });

  test('removes old dead letters, losses and gone instances, and messages that nobody waits for', async () => {
    await kept.sql.query(`
      INSERT INTO dead_letters (at, reason, detail, topic, partition, "offset", truncated)
        SELECT now() - n * interval '20 days', 'not_json', '', 't', 0, n, false FROM generate_series(1, 2) n;
      INSERT INTO lost_instances (at, server, instance, last_seen)
        SELECT now() - n * interval '20 days', 's', 'i', now() FROM generate_series(1, 2) n;
      INSERT INTO instances (server, instance, state, heartbeats, last_seen) VALUES
        ('s', 'lost', 'lost', true, now() - interval '40 days'), ('s', 'mute', 'online', false, now() - interval '40 days'),
        ('s', 'fresh', 'lost', true, now()), ('s', 'unjudged', 'online', true, now() - interval '40 days')`);
    const open = await kept.door.request('r.busy');
    // The messages of one commit are one row: it goes with the last of its runs.
    const rows = [
      ['answer', 40, [null]],
      ['new-answer', 0, [null]],
      ['gone', 40, [randomUUID(), randomUUID()]],
      ['open', 40, [randomUUID(), open, null]],
      ['young', 1, [randomUUID()]],
    ] as const;
    for (const [id, days, runs] of rows) {
      const { heads, bodies } = joinMessages(
        runs.map((run, at) => message(`${id} ${at}`, { topic: 't', run })),
      );
      await kept.sql.query(
        `INSERT INTO outbox (messages, heads, bodies, created_at) VALUES ($1, $2, $3, now() - $4 * interval '1 day')`,
        [runs.length, heads, bodies, days],
      );
    }
    expect(await kept.sweep()).toMatchObject({ dead_letters: 1, lost_instances: 1, instances: 2, outbox: 2 });
    const left = await kept.sql.query<{ first: string }>(
      `SELECT heads::json #>> '{messages,0,2}' AS first FROM outbox WHERE heads::json #>> '{commons,0,1}' = 't' ORDER BY 1`,
    );
    expect(left.rows.map(({ first }) => first)).toEqual(['new-answer 0', 'open 0', 'young 0']);
  });

  test('whatever is removed while runs are made, ended and retried, what is kept still works', async () => {
    const next = seeded(20_261_121);
    const tasks = ['r.up', 'r.free', 'r.again'];
    const failed: string[] = [];
    const one = async (): Promise<void> => {
      const task = tasks[next(tasks.length)] ?? '';
      if (next(3) > 0) await kept.completed(task, next(60));
      else failed.push(await kept.failed(task, next(60)));
    };
    const swept: Record<string, number>[] = [];
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 6 }, one));
      const again = failed.filter(() => next(3) === 0);
      const retries = again.map((run) =>
        kept.door.submit({ kind: 'run-input', run, source: '/test', input: { kind: 'retry' } }),
      );
      const [removed, ...outcomes] = await Promise.all([kept.sweep(), ...retries]);
      swept.push(removed);
      const runs = await kept.runs();
      // Either it was there and runs again, or it was gone and that was said.
      outcomes.forEach(({ kind }, at) => expect(kind === 'done').toBe(runs.has(again[at] ?? '')));
      await Promise.all(again.filter((run) => runs.has(run)).map((run) => endAll(run)));
      failed.splice(0, failed.length, ...failed.filter((run) => runs.has(run) && !again.includes(run)));
    }
    expect(swept.reduce((sum, { runs = 0 }) => sum + runs, 0)).toBeGreaterThan(3);
    for (const run of await kept.runs()) {
      const { stored, folded } = await kept.bothForms(run);
      expect(folded).toEqual(stored);
    }
    const { rows } = await kept.sql.query(
      `SELECT f.task FROM freshness f WHERE coalesce(f.latest_run, f.ended_run) IS NOT NULL
         AND NOT EXISTS (SELECT FROM runs r WHERE r.id = coalesce(f.latest_run, f.ended_run))
       UNION ALL SELECT 'history of a run that is gone' FROM history h WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = h.run)
       UNION ALL SELECT 'key of a run that is gone' FROM run_keys k WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = k.run)`,
    );
    expect(rows).toEqual([]);
  });

  test('is left alone while another coordinator is at it', async () => {
    await kept.sql.query('BEGIN');
    await kept.sql.query('SELECT pg_advisory_xact_lock(7225036913)');
    const { retention } = kept.door.persistence;
    const removal = { olderThanMs: KEPT_MS, limit: 10, after: null };
    expect(await retention.remove(removal)).toBeNull();
    await kept.sql.query('COMMIT');
    expect(await retention.remove(removal)).not.toBeNull();
  });
});
