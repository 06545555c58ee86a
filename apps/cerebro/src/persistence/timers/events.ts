import type { Pool } from 'pg';
import type { DueEvent } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';

const due = prepared(
  'timer_events',
  `(SELECT 'signal' AS what, signal::text AS id, NULL::uuid AS run FROM signals WHERE outcome = 'pending' ORDER BY seq LIMIT $1)
   UNION ALL
   (SELECT 'firing', f.firing::text, CASE WHEN f.state = 'running' THEN f.run END FROM rule_firings f LEFT JOIN runs r ON r.id = f.run AND r.state = 'running'
    WHERE f.state IN ('due', 'running') AND (f.state = 'due' OR r.id IS NULL) ORDER BY f.seq LIMIT $1)
   UNION ALL
   (SELECT 'waiting', id, NULL::uuid FROM event_states WHERE expires_at <= clock_timestamp() ORDER BY expires_at, id LIMIT $1)`,
);

/** Of firings those whose activity begins, or whose latest run has ended. */
export const dueEvents = (pool: Pool, limit: number): Promise<readonly DueEvent[]> =>
  ask<DueEvent>(pool, due(limit));
