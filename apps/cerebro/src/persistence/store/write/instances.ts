import type { QueryResult } from 'pg';
import type { Heartbeat } from '@cordyna/protocol/model';
import type { Changes } from '../../../coordination/ports/index.js';
import { rowsPart } from '../../sql/part.js';
import { prepared, type Statement } from '../../sql/statement.js';
import { at, ms } from '../../sql/time.js';
import { SIGN_GRAIN } from '../../sql/instances.js';

const beat = prepared(
  'instances_heartbeat',
  `INSERT INTO instances (server, instance, state, heartbeats, capacity, queue_limit, queued, started)
   SELECT server, instance, state, true, capacity, queue_limit, queued, started
   FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
     AS w (server, instance, state, capacity, queue_limit, queued, started)
   ORDER BY server, instance
   ON CONFLICT (server, instance) DO UPDATE SET
     state = excluded.state,
     state_since = CASE WHEN instances.state = excluded.state THEN instances.state_since ELSE now() END,
     heartbeats = true,
     last_seen = greatest(instances.last_seen, now()),
     capacity = excluded.capacity, queue_limit = excluded.queue_limit,
     queued = excluded.queued, started = excluded.started`,
);

// A row seen a moment ago is left alone, unless this transaction has it anyway: with several coordinators and many
// updates per second it would be what all of them wait for. Who was lost and is heard is not lost: what it takes on before
// its next heartbeat must not end in server_lost.
const see = rowsPart<Changes['signsOfLife'][number]>({
  name: 'instances_seen',
  columns: {
    server: ['text', ({ server }) => server],
    instance: ['text', ({ instance }) => instance],
    sent_at: ['float8', ({ sentAt }) => sentAt],
  },
  changes: (w) => `signs AS (SELECT * FROM ${w}), seen AS (
     UPDATE instances i SET last_seen = greatest(i.last_seen, now()), clock_skew_ms = s.sent_at - ${ms('now()')},
       state = CASE WHEN i.state = 'lost' THEN 'online' ELSE i.state END,
       state_since = CASE WHEN i.state = 'lost' THEN now() ELSE i.state_since END
     FROM (SELECT * FROM signs ORDER BY server, instance) AS s
     WHERE i.server = s.server AND i.instance = s.instance
       AND (i.last_seen < now() - ${SIGN_GRAIN} OR i.last_seen = now() OR i.state = 'lost')
     RETURNING 1
   ), met AS (
     INSERT INTO instances (server, instance, state, heartbeats, clock_skew_ms)
     SELECT server, instance, 'online', false, sent_at - ${ms('now()')}
     FROM signs s
     WHERE NOT EXISTS (SELECT 1 FROM instances i WHERE i.server = s.server AND i.instance = s.instance)
     ORDER BY server, instance
     ON CONFLICT DO NOTHING
     RETURNING 1
   )`,
  answers: () => '(SELECT count(*) FROM seen), (SELECT count(*) FROM met)',
});

const lose = prepared(
  'instances_lost',
  `WITH gone AS (
     SELECT * FROM unnest($1::text[], $2::text[], $3::float8[]) AS w (server, instance, silent_before)
   ), locked AS (
     SELECT i.server, i.instance
     FROM instances i JOIN gone g ON i.server = g.server AND i.instance = g.instance
     WHERE i.last_seen + ${SIGN_GRAIN} <= ${at('g.silent_before')} AND i.state NOT IN ('lost', 'offline')
     ORDER BY i.server, i.instance FOR UPDATE OF i
   ), changed AS (
     UPDATE instances i SET state = 'lost', state_since = now()
     FROM locked l WHERE i.server = l.server AND i.instance = l.instance
     RETURNING i.server, i.instance, i.last_seen
   )
   INSERT INTO lost_instances (server, instance, last_seen) SELECT * FROM changed`,
);

/** How many the statements found lost. */
export const lostBy = (statements: readonly Statement[], results: readonly QueryResult[]): number =>
  results[statements.findIndex(({ name }) => name === lose().name)]?.rowCount ?? 0;

const newest = <T extends { readonly server: string; readonly instance: string }>(all: readonly T[]): T[] => [
  ...new Map(all.map((one) => [`${one.server}\n${one.instance}`, one])).values(),
];

function writeHeartbeats(heartbeats: readonly Heartbeat[]): Statement {
  const rows = newest(heartbeats);
  return beat(
    rows.map(({ server }) => server),
    rows.map(({ instance }) => instance),
    rows.map(({ state }) => state),
    rows.map(({ capacity }) => capacity),
    rows.map(({ capacity, queueLimit }) => queueLimit ?? 10 * capacity),
    rows.map(({ queued }) => queued ?? null),
    rows.map(({ started }) => started ?? null),
  );
}

/** Who was heard, and who was not: a heartbeat in the same batch keeps an instance from being lost. */
export function writeInstances({
  heartbeats,
  signsOfLife,
  lost,
}: Pick<Changes, 'heartbeats' | 'signsOfLife' | 'lost'>): Statement[] {
  const statements: Statement[] = [];
  if (heartbeats.length > 0) statements.push(writeHeartbeats(heartbeats));
  if (signsOfLife.length > 0) statements.push(see(newest(signsOfLife)));
  if (lost.length > 0) {
    const rows = newest(lost);
    statements.push(
      lose(
        rows.map(({ server }) => server),
        rows.map(({ instance }) => instance),
        rows.map(({ silentBefore }) => silentBefore),
      ),
    );
  }
  return statements;
}
