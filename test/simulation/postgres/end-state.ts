import { isDeepStrictEqual } from 'node:util';
import type { Needs } from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Database } from '../store/database.js';
import { read } from '../store/read.js';
import { lastEnds, watchedOf } from '../store/task-runs.js';
import { plain, sorted } from './plain.js';
import type { StoreUnderReplay } from './replay.js';

const HISTORY = `SELECT run::text, seq, source, type, task, item, attempt::float8 AS attempt, applied, reason, topic,
  partition, "offset"::text AS "offset", data, (extract(epoch FROM at) * 1000)::float8 AS at
  FROM history ORDER BY run, seq`;
const FIRINGS = `SELECT schedule, (extract(epoch FROM scheduled_for) * 1000)::float8 AS "scheduledFor", outcome,
  run::text, reason FROM schedule_firings ORDER BY schedule, scheduled_for`;
const LETTERS = `SELECT reason, detail, topic, partition, "offset"::text AS "offset" FROM dead_letters`;
const LEDGER = `SELECT signal::text, rule, outcome, reason, firing::text FROM signal_rules`;
const QUEUES = `SELECT queue, name, payload, (extract(epoch FROM at) * 1000)::float8 AS at FROM cirrus_queue ORDER BY seq`;
const LEFT = `SELECT (SELECT count(*) FROM outbox)::int AS outbox, (SELECT count(*) FROM runs)::int AS runs,
  (SELECT count(*) FROM run_keys)::int AS keys, (SELECT count(*) FROM schedules)::int AS schedules,
  (SELECT count(*) FROM positions)::int AS positions, (SELECT count(*) FROM freshness WHERE version > 0)::int AS freshness`;

const ENDED = `SELECT task, ended_run::text AS run, ended_state AS state FROM freshness WHERE ended_run IS NOT NULL`;
const WATCHED = `SELECT run::text, index, server, instance, deadline_kind AS "deadlineKind", waiting_server AS line,
  CASE WHEN deadline_at IS NOT NULL OR instance IS NOT NULL THEN invocation END AS invocation,
  (extract(epoch FROM deadline_at) * 1000)::float8 AS "deadlineAt", (extract(epoch FROM retry_at) * 1000)::float8 AS "retryAt"
  FROM watched_task_runs`;

/** Where the tables of both differ at the end, with everything that is in them. */
export async function compareEnds(db: Database, target: StoreUnderReplay): Promise<string[]> {
  const differences: string[] = [];
  const compare = (what: string, wanted: unknown, there: unknown): void => {
    const [first, second] = [plain(wanted), plain(there)];
    if (!isDeepStrictEqual(first, second))
      differences.push(
        `${what} at the end: ${JSON.stringify(first).slice(0, 2_000)} in memory, ${JSON.stringify(second).slice(0, 2_000)} in PostgreSQL`,
      );
  };
  target.tell(db.clock());
  const needs = everything(db);
  const loaded = await target.store().load(needs);
  const wanted = read(db, needs);
  for (const part of ['runs', 'freshness', 'keys', 'schedules', 'positions', 'registry', 'events'] as const)
    compare(part, wanted[part], loaded[part]);
  const history = [...db.runs].flatMap(([run, row]) =>
    row.history.map(({ commit: _, ...one }) => ({ run, ...one })),
  );
  compare('history', inOrder(history), inOrder(await target.select(HISTORY)));
  const watched = [...db.runs].flatMap(([run, row]) => [...watchedOf(run, row)]);
  compare('ended tasks', inOrder(lastEnds(db)), inOrder(await target.select(ENDED)));
  compare('watched task runs', inOrder(watched), inOrder(await target.select(WATCHED)));
  compare('firings', inOrder([...db.firings.values()]), inOrder(await target.select(FIRINGS)));
  compare('ledger', inOrder([...db.events.rules.values()]), inOrder(await target.select(LEDGER)));
  compare('queues', db.events.queue, await target.select(QUEUES));
  const letters = db.deadLetters.map(({ key: _, value: __, truncated: ___, ...letter }) => letter);
  compare('dead letters', inOrder(letters), inOrder(await target.select(LETTERS)));
  const counts = { outbox: db.outbox.size, runs: db.runs.size, keys: db.keys.size };
  const changed = [...db.freshness.values()].filter(({ version }) => version > 0).length;
  compare(
    'counts',
    [{ ...counts, schedules: db.schedules.size, positions: db.positions.size, freshness: changed }],
    await target.select(LEFT),
  );
  return differences;
}

const inOrder = (all: readonly object[]): unknown[] => sorted(all.map(plain));

function everything({ runs, freshness, keys, schedules, positions, events }: Database): Needs {
  return {
    runs: [...runs.keys()],
    // A transaction that came to nothing may leave a row of version 0 in memory.
    freshness: [...freshness].flatMap(([task, { version }]) => (version > 0 ? [task] : [])),
    keys: [...keys.values()],
    schedules: [...schedules.keys()],
    positions: [...positions.keys()].map((id) => {
      const at = id.lastIndexOf('/');
      return { topic: id.slice(0, at), partition: Number(id.slice(at + 1)) };
    }),
    registry: true,
    events: {
      signals: [...events.signals.keys()],
      firings: [...events.firings.keys()],
      states: [...events.states].flatMap(([id, { version }]) => (version > 0 ? [id] : [])),
    },
  };
}
