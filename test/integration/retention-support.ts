import { replay, type HistoryRow, type Run } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import pg from 'pg';
import type { HistoryView } from '../../apps/cerebro/src/coordination/index.js';
import { Retention } from '../../apps/cerebro/src/timers/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';
import { needsOf } from '../../apps/cerebro/test/persistence/support/builders.js';

export const DAY_MS = 86_400_000;
export const KEPT_MS = 30 * DAY_MS;

export interface Kept {
  readonly door: OpenDoor;
  readonly sql: pg.Client;
  /** Reports the end of the task's newest attempt in a run. */
  end(run: string, task: string, output?: JsonObject): Promise<void>;
  fail(run: string, task: string): Promise<void>;
  /** A run of one task that completed, as old as that. */
  completed(task: string, days: number, key?: string): Promise<string>;
  failed(task: string, days: number): Promise<string>;
  /** Makes a run, with its rows elsewhere, older. */
  age(run: string, days: number): Promise<void>;
  /** Removes until nothing is left to look at; gives how much went, by table. */
  sweep(): Promise<Record<string, number>>;
  runs(): Promise<Set<string>>;
  stateOf(run: string): Promise<string | undefined>;
  /** The run as it is stored, and as its history says. */
  bothForms(run: string): Promise<{ stored: unknown; folded: unknown }>;
  close(): Promise<void>;
}

const AGE = [
  `UPDATE runs SET created_at = created_at - $2 * interval '1 day', finished_at = finished_at - $2 * interval '1 day' WHERE id = $1`,
  `UPDATE freshness SET ended_created_at = ended_created_at - $2 * interval '1 day' WHERE ended_run = $1`,
  `UPDATE run_keys SET created_at = created_at - $2 * interval '1 day' WHERE run = $1`,
  `UPDATE schedule_firings SET scheduled_for = scheduled_for - $2 * interval '1 day' WHERE run = $1`,
];

const rowOf = ({ item, at, recordedAt: _, ...row }: HistoryView): HistoryRow => ({
  ...row,
  at: Date.parse(at),
  item: item?.index ?? null,
});

const essence = ({ state, tasks }: Run): unknown => ({
  state,
  tasks: [...tasks].map(({ state: of, attempt, output, error }) => ({ of, attempt, output, error })),
});

/** A door over a database whose rows can be made older, and what removes them. */
export async function openKept(instance = 'kept'): Promise<Kept> {
  const { url } = await testDatabase();
  const door = await openDoor(url, instance);
  const sql = new pg.Client({ connectionString: url, query_timeout: 30_000 });
  await sql.connect();
  const { queries, retention, store } = door.persistence;
  const reportOn = async (run: string, task: string, report: Parameters<OpenDoor['report']>[1]) => {
    const invoke = await awaitUntil(`${task} is invoked`, () => door.invokeOf(run, task), { everyMs: 2 });
    await door.report(invoke, report);
  };
  // One client takes one query at a time.
  let ageing = Promise.resolve();
  const kept: Kept = {
    door,
    sql,
    end: (run, task, output = {}) => reportOn(run, task, { report: 'completed', output }),
    fail: (run, task) =>
      reportOn(run, task, { report: 'error', error: { code: 'broken', message: 'no', retryable: false } }),
    completed: async (task, days, key) => {
      const run = await door.request(task, key);
      await kept.end(run, task, { from: run });
      await kept.age(run, days);
      return run;
    },
    failed: async (task, days) => {
      const run = await door.request(task);
      await kept.fail(run, task);
      await kept.age(run, days);
      return run;
    },
    age: (run, days) => {
      ageing = ageing.then(async () => {
        for (const text of AGE) await sql.query(text, [run, days]);
      });
      return ageing;
    },
    sweep: async () => {
      const removed: Record<string, number> = {};
      const count = ({ kind }: { kind: string }, rows = 1) => (removed[kind] = (removed[kind] ?? 0) + rows);
      // A clock that stands still keeps the batches from growing beyond what a test has rows for.
      let slow = 0;
      const timer = new Retention(
        retention,
        { retentionRemoved: { inc: count } },
        KEPT_MS,
        () => (slow += 1_000),
      );
      while (await timer.tick());
      return removed;
    },
    runs: async () =>
      new Set((await sql.query<{ id: string }>('SELECT id FROM runs')).rows.map(({ id }) => id)),
    stateOf: async (run) => (await queries.run(run))?.state,
    bothForms: async (run) => {
      const stored = (await store.load(needsOf({ runs: [run] }))).runs.get(run)?.value as Run;
      const rows = ((await queries.history(run)) ?? []).map(rowOf);
      return { stored: essence(stored), folded: essence(replay(stored.seed, rows)) };
    },
    close: async () => {
      await sql.end();
      await door.close();
    },
  };
  return kept;
}
