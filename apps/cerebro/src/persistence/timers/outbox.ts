import type { Pool } from 'pg';
import { restOf, type OutboxMessage, type OutboxRow } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { splitMessages } from '../sql/outbox-row.js';
import { prepared } from '../sql/statement.js';
import { foldedRuns, type PartRow, type SeedRow } from '../sql/stored-runs.js';
import { ago, at, ms, wholeMs } from '../sql/time.js';

const claim = prepared(
  'timer_claim_rows',
  `WITH old AS MATERIALIZED (
     SELECT id, stamp, messages FROM outbox WHERE stamp < ${ago('$1')}
     ORDER BY stamp, id LIMIT $2 FOR UPDATE SKIP LOCKED
   ), mine AS (
     SELECT id FROM (SELECT id, sum(messages) OVER (ORDER BY stamp, id) - messages AS before FROM old) AS o
     WHERE before < $2
   )
   UPDATE outbox o SET stamp = now() FROM mine m WHERE o.id = m.id
   RETURNING o.id, heads, bodies, settled, ${ms('created_at')} AS created_at, ${ms('stamp')} AS stamp`,
);

/** How many messages rows of the outbox still owe. */
export const OWED = 'coalesce(sum(messages - cardinality(settled)), 0)::int';
const count = prepared('timer_owed', `SELECT ${OWED} AS count FROM outbox`);

// One statement: an attempt that ended before it took its snapshot is not sent.
const renew = prepared(
  'timer_renew_rows',
  `WITH mine AS (
     SELECT o.id FROM outbox o JOIN unnest($1::bigint[], $2::float8[]) AS w (id, stamp) ON o.id = w.id
     WHERE o.stamp < ${at('w.stamp + 1')}
     ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
   ), renewed AS (
     UPDATE outbox o SET stamp = now() FROM mine m WHERE o.id = m.id RETURNING o.id, o.stamp, o.settled
   )
   SELECT id, settled, ${ms('stamp')} AS stamp, NULL::uuid AS run, NULL::int AS "firstSeq", NULL AS text FROM renewed
   UNION ALL SELECT NULL, NULL, NULL, run, NULL, seed FROM run_seeds WHERE run = ANY ($3::uuid[])
   UNION ALL SELECT NULL, NULL, NULL, run, first_seq, entries FROM history_parts WHERE run = ANY ($3::uuid[])
   ORDER BY run, "firstSeq"`,
);

interface ClaimedRow {
  readonly id: string;
  readonly heads: string;
  readonly bodies: Buffer;
  readonly settled: readonly number[];
  readonly created_at: number;
  readonly stamp: number;
}

/** One that was renewed, the seed of a run, or a part of its history. */
interface RenewedRow {
  readonly id: string | null;
  readonly settled: readonly number[];
  readonly stamp: number;
  readonly run: string;
  readonly firstSeq: number | null;
  readonly text: string;
}

const isInvoke = ({ invocation, ackMs }: OutboxMessage): boolean => invocation !== null && ackMs !== null;

/** In the order in which they were written: a cancel stays behind its invoke. */
export async function claimUnpublished(
  pool: Pool,
  olderThanMs: number,
  limit: number,
): Promise<readonly OutboxRow[]> {
  const rows = await ask<ClaimedRow>(pool, claim(olderThanMs, limit));
  return [...rows]
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    .map(({ id, settled, created_at: createdAt, stamp, ...joined }) => {
      const times = { createdAt: wholeMs(createdAt), stamp: wholeMs(stamp) };
      const row = { id, messages: splitMessages(joined), places: null, ...times };
      return settled.length === 0 ? row : restOf(row, (_, place) => !settled.includes(place));
    });
}

/** In the order in which they were given. Stamps are known to the millisecond. */
export async function renewUnpublished(
  pool: Pool,
  claimed: readonly OutboxRow[],
): Promise<readonly OutboxRow[]> {
  if (claimed.length === 0) return [];
  const invokes = claimed.flatMap(({ messages }) => messages.filter(isInvoke));
  const statement = renew(
    claimed.map(({ id }) => id),
    claimed.map(({ stamp }) => stamp),
    [...new Set(invokes.flatMap(({ run }) => (run === null ? [] : [run])))],
  );
  const all = await ask<RenewedRow>(pool, statement);
  const rows = new Map(all.flatMap((row) => (row.id === null ? [] : [[row.id, row]])));
  const isInvoked = invokedIn(all);
  return claimed.flatMap((row) => {
    const renewed = rows.get(row.id);
    if (!renewed) return [];
    const settled = new Set(renewed.settled);
    const rest = restOf(
      row,
      (message, place) => !settled.has(place) && (!isInvoke(message) || isInvoked(message)),
    );
    return [{ ...rest, stamp: wholeMs(renewed.stamp) }];
  });
}

/** Whether the attempt that a message invokes is still `invoked`. */
function invokedIn(rows: readonly RenewedRow[]): (message: OutboxMessage) => boolean {
  const seeds: SeedRow[] = [];
  const parts: PartRow[] = [];
  for (const { id, run, firstSeq, text } of rows) {
    if (id !== null) continue;
    if (firstSeq === null) seeds.push({ run, seed: text });
    else parts.push({ run, firstSeq, entries: text });
  }
  const runs = foldedRuns(seeds, parts);
  return ({ run, invocation }) => {
    const found = runs.get(run ?? '');
    const index = found?.invocations.get(invocation ?? '');
    return index !== undefined && found?.tasks.at(index).state === 'invoked';
  };
}

export async function countUnpublished(pool: Pool): Promise<number> {
  const [row] = await ask<{ count: number }>(pool, count());
  return row?.count ?? 0;
}
