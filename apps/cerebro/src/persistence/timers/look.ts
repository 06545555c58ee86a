import type { Pool } from 'pg';
import { ERRANDS, positionOf, type Look, type LookQuestion } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { SIGN_GRAIN } from '../sql/instances.js';
import { WHOLE_SERVER, loadOf } from '../sql/server-load.js';
import { snapshotOf } from '../sql/snapshot.js';
import { prepared } from '../sql/statement.js';
import { ago, ms, wholeMs } from '../sql/time.js';
import { OWED } from './outbox.js';
import { SCHEDULES } from './schedules.js';

/**
 * Each part is found in one small index, and nearly always finds nothing: it only says whether the question of the same
 * subject is worth asking. The outbox is read as a whole, and once: its dead rows are most of what there is to read. Runs
 * are looked up by a scalar, so that nobody joins from their side.
 */
const look = prepared(
  'timer_look',
  `SELECT ${ms('clock_timestamp()')} AS now, pg_current_snapshot()::text AS snapshot,
     (SELECT json_agg(json_build_array(topic, partition, next_offset::text)) FROM positions WHERE topic = ANY ($1::text[])) AS positions,
     o.unpublished, o.unsent,
     (SELECT ${ms('min(deadline_at)')} FROM watched_task_runs WHERE deadline_at < now() + interval '1 second') AS "deadlineAt",
     (SELECT json_agg(json_build_array(server, count))
        FROM (SELECT server, sum(unfinished)::int AS count FROM server_load WHERE instance = '${WHOLE_SERVER}'
          GROUP BY server HAVING sum(unfinished) > 0) AS u) AS unfinished,
     (SELECT json_agg(json_build_array(server, capacity, queue_limit) ORDER BY server, instance)
        FROM instances WHERE state = 'online' AND capacity IS NOT NULL) AS online,
     EXISTS (SELECT FROM watched_task_runs WHERE retry_at <= now()) AS retries,
     EXISTS (SELECT FROM watched_task_runs WHERE waiting_server IS NOT NULL) AS waiting,
     ${SCHEDULES} AS schedules,
     (EXISTS (SELECT FROM signals WHERE outcome = 'pending')
       OR EXISTS (SELECT FROM rule_firings f WHERE f.state IN ('due', 'running')
         AND (f.state = 'due' OR (SELECT state FROM runs WHERE id = f.run) IS DISTINCT FROM 'running'))
       OR EXISTS (SELECT FROM event_states WHERE expires_at <= now())) AS events,
     EXISTS (SELECT FROM instances WHERE heartbeats AND state NOT IN ('lost', 'offline')
       AND last_seen + ${SIGN_GRAIN} < ${ago('$3')}) AS silent,
     EXISTS (SELECT FROM instances i WHERE i.state IN ('lost', 'offline')
       AND ${loadOf('unfinished', 'i.server', 'i.instance')} > 0) AS gone,
     EXISTS (SELECT FROM servers s WHERE s.withdrawn_at IS NOT NULL AND ${loadOf('waiting', 's.server')} > 0) AS withdrawn
   FROM (SELECT ${OWED} AS unpublished, coalesce(bool_or(stamp < ${ago('$2')}), false) AS unsent FROM outbox) AS o`,
);

type Row = { readonly [errand in (typeof ERRANDS)[number]]: boolean } & {
  readonly now: number;
  readonly snapshot: string;
  readonly positions: readonly [string, number, string][] | null;
  readonly unpublished: number;
  readonly deadlineAt: number | null;
  readonly unfinished: readonly [string, number][] | null;
  readonly online: readonly [string, number, number | null][] | null;
};

export async function lookAround(
  pool: Pool,
  { topics, unsentForMs, silentForMs }: LookQuestion,
): Promise<Look> {
  const [row] = await ask<Row>(pool, look(topics, unsentForMs, silentForMs));
  if (!row) throw new Error('an aggregate has one row');
  const { now, snapshot, positions, unpublished, deadlineAt, unfinished, online } = row;
  return {
    now: wholeMs(now),
    snapshot: snapshotOf(snapshot),
    positions: new Map(
      positions?.map(([topic, partition, next]) => [positionOf(topic, partition), BigInt(next)]),
    ),
    unpublished,
    deadlineAt: deadlineAt === null ? null : wholeMs(deadlineAt),
    unfinished: new Map(unfinished),
    online: (online ?? []).map(([server, capacity, queueLimit]) => ({ server, capacity, queueLimit })),
    errands: new Set(ERRANDS.filter((errand) => row[errand])),
  };
}
