import { prepared } from '../sql/statement.js';
import { ago } from '../sql/time.js';

const OLD = ago('$1');

/**
 * Events that wait no more (nobody waits for longer than 30 days but in latched sets, which do not need the event itself),
 * firings that are over, and states without events, after a day: longer than any transaction that read them.
 */
export const removeEvents = prepared(
  'retention_events',
  `WITH old AS (
     SELECT s.signal FROM signals s
     WHERE s.received_at < ${OLD} AND s.outcome <> 'pending'
       AND (s.received_at < now() - interval '31 days'
         OR NOT EXISTS (SELECT 1 FROM signal_rules r WHERE r.signal = s.signal AND r.outcome = 'waiting'))
     ORDER BY s.received_at LIMIT $2 FOR UPDATE OF s SKIP LOCKED
   ), gone AS (
     DELETE FROM signals s USING old o WHERE s.signal = o.signal RETURNING s.signal
   ), rules AS (
     DELETE FROM signal_rules r USING gone g WHERE r.signal = g.signal RETURNING 1
   ), firings AS (
     DELETE FROM rule_firings WHERE firing IN (
       SELECT firing FROM rule_firings WHERE finished_at < ${OLD} ORDER BY finished_at LIMIT $2
       FOR UPDATE SKIP LOCKED
     ) RETURNING 1
   ), states AS (
     DELETE FROM event_states WHERE id IN (
       SELECT id FROM event_states
       WHERE updated_at < now() - interval '1 day' AND (value IS NULL OR value->'waiting' = '[]'::jsonb)
       ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING 1
   ), entries AS (
     DELETE FROM cirrus_queue WHERE seq IN (
       SELECT seq FROM cirrus_queue WHERE at < ${OLD} ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING 1
   )
   SELECT (SELECT count(*) FROM gone)::int AS signals, (SELECT count(*) FROM rules)::int AS signal_rules,
     (SELECT count(*) FROM firings)::int AS rule_firings, (SELECT count(*) FROM states)::int AS event_states,
     (SELECT count(*) FROM entries)::int AS cirrus_queue`,
);

export interface RemovedEvents {
  readonly signals: number;
  readonly signal_rules: number;
  readonly rule_firings: number;
  readonly event_states: number;
  readonly cirrus_queue: number;
}
