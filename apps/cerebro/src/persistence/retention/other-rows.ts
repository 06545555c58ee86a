import { loadOf } from '../sql/server-load.js';
import { prepared } from '../sql/statement.js';
import { ago } from '../sql/time.js';

const OLD = ago('$1');

/**
 * What no run holds. A schedule keeps its newest firing, and the firings of runs that are kept. Messages stay until Kafka
 * has taken them, however long that takes, as long as one of the runs of their commit is kept.
 */
export const removeOthers = prepared(
  'retention_others',
  `WITH firings AS (
     DELETE FROM schedule_firings WHERE ctid = ANY (ARRAY(
       SELECT f.ctid FROM schedule_firings f
       WHERE f.scheduled_for < ${OLD}
         AND f.scheduled_for < (SELECT max(n.scheduled_for) FROM schedule_firings n WHERE n.schedule = f.schedule)
         AND (f.run IS NULL OR (SELECT count(*) FROM runs r WHERE r.id = f.run) = 0)
       ORDER BY f.scheduled_for LIMIT $2
     )) RETURNING 1
   ), letters AS (
     DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM dead_letters WHERE at < ${OLD} ORDER BY at, id LIMIT $2
     )) RETURNING 1
   ), losses AS (
     DELETE FROM lost_instances WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM lost_instances WHERE at < ${OLD} ORDER BY at, id LIMIT $2
     )) RETURNING 1
   ), silent AS (
     SELECT i.server, i.instance FROM instances i
     WHERE i.last_seen < ${OLD} AND (i.state IN ('lost', 'offline') OR NOT i.heartbeats)
       AND ${loadOf('unfinished', 'i.server', 'i.instance')} = 0
     LIMIT $2 FOR UPDATE OF i SKIP LOCKED
   ), gone AS (
     DELETE FROM instances i USING silent s WHERE i.server = s.server AND i.instance = s.instance RETURNING 1
   ), loads AS (
     DELETE FROM server_load l USING silent s WHERE l.server = s.server AND l.instance = s.instance
   ), messages AS (
     DELETE FROM outbox WHERE id IN (
       SELECT o.id FROM outbox o
       WHERE o.created_at < ${OLD} AND NOT EXISTS (
         SELECT FROM json_array_elements(o.heads::json -> 'messages') AS m
         WHERE (SELECT count(*) FROM runs r WHERE r.id = (m ->> 3)::uuid) > 0)
       ORDER BY o.id LIMIT $2 FOR UPDATE OF o SKIP LOCKED
     ) RETURNING 1
   )
   SELECT (SELECT count(*) FROM firings)::int AS schedule_firings, (SELECT count(*) FROM letters)::int AS dead_letters,
     (SELECT count(*) FROM losses)::int AS lost_instances, (SELECT count(*) FROM gone)::int AS instances,
     (SELECT count(*) FROM messages)::int AS outbox`,
);

export interface RemovedOthers {
  readonly schedule_firings: number;
  readonly dead_letters: number;
  readonly lost_instances: number;
  readonly instances: number;
  readonly outbox: number;
}
