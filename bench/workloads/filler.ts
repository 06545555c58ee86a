import { isDeepStrictEqual } from 'node:util';
import { replay, type HistoryRow } from '@cordyna/engine';
import { EventType } from '@cordyna/protocol/model';
import type { Pool } from 'pg';
import { seedOf } from '../../apps/cerebro/src/persistence/sql/seeds.js';

const BATCH = 10_000;
const CHECKED = 200;

/**
 * Copies a run that ended, n of them with ids of their own, each 100 ms before the next: its row, its seed and its
 * history, with run, invocation and every time replaced wherever they stand. $1 template, $2 first number, $3 last.
 */
const COPIES = `
  WITH numbered AS (
    SELECT n, interval '100 milliseconds' * n AS earlier, 100 * n AS earlier_ms,
      lpad(to_hex((extract(epoch FROM r.created_at) * 1000)::bigint - 100 * n), 12, '0') AS ms, md5(n::text) AS random
    FROM generate_series($2::bigint, $3::bigint) AS n, runs r WHERE r.id = $1::uuid
  ), copies AS (
    SELECT n, earlier, earlier_ms, random::uuid::text AS invocation,
      (substr(ms, 1, 8) || '-' || substr(ms, 9, 4) || '-7' || substr(random, 1, 3) || '-8' || substr(random, 4, 3) || '-'
        || substr(random, 7, 12))::uuid AS id
    FROM numbered
  )`;

const FILL_RUNS = `${COPIES}
  INSERT INTO runs (id, version, state, task, job, scope, trigger, content_hash, created_at, finished_at, next_seq)
  SELECT c.id, r.version, r.state, r.task, r.job, r.scope, r.trigger, r.content_hash,
    r.created_at - c.earlier, r.finished_at - c.earlier, r.next_seq
  FROM copies c, runs r WHERE r.id = $1::uuid`;

const FILL_SEEDS = `${COPIES}
  INSERT INTO run_seeds (run, seed)
  SELECT c.id, jsonb_set(s.seed::jsonb, '{run}', to_jsonb(c.id::text))::text FROM copies c, run_seeds s WHERE s.run = $1::uuid`;

const FILL_HISTORY = `${COPIES}, rows AS (
    SELECT c.id, c.earlier, c.earlier_ms, h.*,
      replace(replace(h.data::text, $1::uuid::text, c.id::text), $4::text, c.invocation)::jsonb AS renamed
    FROM copies c, history h WHERE h.run = $1::uuid
  )
  INSERT INTO history_parts (run, first_seq, last_seq, recorded_at, entries)
  SELECT id, first_seq, last_seq, min(recorded_at - earlier), jsonb_agg(jsonb_build_array(
    (extract(epoch FROM at - earlier) * 1000)::float8, source, type, task, item, attempt, applied, reason, topic,
    partition, "offset"::text,
    CASE WHEN renamed ? 'now' THEN jsonb_set(renamed, '{now}', to_jsonb((renamed->>'now')::bigint - earlier_ms)) ELSE renamed END
    ) ORDER BY seq)::text
  FROM rows GROUP BY id, first_seq, last_seq`;

/** Fills the database with finished runs that are copies of `template`, numbered from `first` to `last`. */
export async function fill(pool: Pool, template: string, first: number, last: number): Promise<void> {
  const found = await pool.query<{ invocation: string }>(
    `SELECT data->>'invocation' AS invocation FROM history WHERE run = $1 AND type = '${EventType.taskInvoked}'`,
    [template],
  );
  const invocation = found.rows[0]?.invocation;
  if (found.rows.length !== 1 || invocation === undefined)
    throw new Error('the template is a run of one task');
  for (let from = first; from <= last; from += BATCH) {
    const to = Math.min(from + BATCH - 1, last);
    await pool.query(FILL_RUNS, [template, from, to]);
    await pool.query(FILL_SEEDS, [template, from, to]);
    await pool.query(FILL_HISTORY, [template, from, to, invocation]);
  }
}

interface RunRow {
  readonly id: string;
  readonly seed: string;
  readonly state: string;
  readonly next_seq: number;
  readonly created: number;
  readonly finished: number;
}

/** Folds the history of some of the copies and compares each with its rows. @throws Error when one differs */
export async function replayCheck(pool: Pool, template: string): Promise<number> {
  const { rows } = await pool.query<RunRow>(
    `SELECT id, seed, state, next_seq, round(extract(epoch FROM created_at) * 1000)::float8 AS created,
       round(extract(epoch FROM finished_at) * 1000)::float8 AS finished
     FROM runs JOIN run_seeds ON run = id WHERE task = (SELECT task FROM runs WHERE id = $1::uuid) ORDER BY md5(id::text) LIMIT ${CHECKED}`,
    [template],
  );
  for (const row of rows) await checkRun(pool, row);
  return rows.length;
}

async function checkRun(pool: Pool, row: RunRow): Promise<void> {
  const history = await pool.query<HistoryRow>(
    `SELECT seq, round(extract(epoch FROM at) * 1000)::float8 AS at, source, type, task, item, attempt::int AS attempt, applied,
       reason, topic, partition, "offset"::text AS "offset", data FROM history WHERE run = $1 ORDER BY seq`,
    [row.id],
  );
  const folded = replay(seedOf(row.seed), history.rows);
  const head = {
    id: folded.seed.run,
    state: folded.state,
    next: folded.nextSeq,
    created: folded.createdAt,
    finished: folded.finishedAt,
  };
  const stored = {
    id: row.id,
    state: row.state,
    next: row.next_seq,
    created: row.created,
    finished: row.finished,
  };
  const states = Array.from(folded.tasks, ({ state }) => state);
  if (!isDeepStrictEqual(head, stored) || states.some((state) => state !== 'completed')) {
    throw new Error(`run ${row.id} is not what its history says: ${JSON.stringify([head, stored, states])}`);
  }
}
