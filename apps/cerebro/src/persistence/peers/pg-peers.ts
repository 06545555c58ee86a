import type { Pool } from 'pg';
import { Peers, type GonePeer, type PeerSign, type PeersSeen } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';

const sign = prepared(
  'peers_sign',
  `WITH signed AS (
     INSERT INTO coordinators (instance, member, session_pid, session_began, signed_at)
     SELECT $1, $2, pid, backend_start, clock_timestamp() FROM pg_stat_activity WHERE pid = pg_backend_pid()
     ON CONFLICT (instance) DO UPDATE SET member = EXCLUDED.member, session_pid = EXCLUDED.session_pid,
       session_began = EXCLUDED.session_began, signed_at = EXCLUDED.signed_at
   )
   SELECT instance, is_heard FROM coordinators,
     LATERAL (SELECT signed_at > clock_timestamp() - $3::float8 * interval '1 millisecond' AS is_heard) AS h
   WHERE instance <> $1 AND (is_heard OR member IS DISTINCT FROM taken_out
     OR signed_at < clock_timestamp() - interval '1 day')`,
);

/**
 * A process id alone may be another session's by now. Of another role's session it is not told when it began: it then
 * counts as the one in question. Whose row is in somebody's hands is left alone.
 */
const takeGone = prepared(
  'peers_take_gone',
  `WITH forgotten AS (DELETE FROM coordinators WHERE signed_at < clock_timestamp() - interval '1 day'),
   gone AS (
     SELECT instance FROM coordinators c
     WHERE instance <> $1 AND member IS DISTINCT FROM taken_out AND member IS NOT NULL
       AND signed_at BETWEEN clock_timestamp() - interval '1 hour'
         AND clock_timestamp() - $2::float8 * interval '1 millisecond'
       AND (taken_out_at IS NULL OR taken_out_at < clock_timestamp() - interval '1 minute')
       AND NOT EXISTS (
         SELECT FROM pg_stat_activity a
         WHERE a.pid = c.session_pid AND (a.backend_start IS NULL OR a.backend_start = c.session_began))
       AND EXISTS (
         SELECT FROM pg_stat_activity mine
         WHERE mine.pid = pg_backend_pid()
           AND mine.backend_start < clock_timestamp() - $2::float8 * interval '1 millisecond')
     FOR UPDATE SKIP LOCKED)
   UPDATE coordinators c SET taken_out = c.member, taken_out_at = clock_timestamp()
   FROM gone WHERE c.instance = gone.instance
   RETURNING c.instance, c.member`,
);

const leave = prepared('peers_leave', 'DELETE FROM coordinators WHERE instance = $1');

/** By the sessions that PostgreSQL shows: it ends that of a process that is gone as soon as the system closes its connection. */
export class PgPeers extends Peers {
  /** @param pool of one connection, which nobody else uses */
  constructor(private readonly pool: Pool) {
    super();
  }

  async sign({ instance, member }: PeerSign, silentMs: number): Promise<PeersSeen> {
    type Row = { instance: string; is_heard: boolean };
    const rows = await ask<Row>(this.pool, sign(instance, member, silentMs));
    const others = rows.filter((row) => row.is_heard).map((row) => row.instance);
    return { others, isAnySilent: others.length < rows.length };
  }

  takeGone(instance: string, silentMs: number): Promise<readonly GonePeer[]> {
    return ask<GonePeer>(this.pool, takeGone(instance, silentMs));
  }

  async leave(instance: string): Promise<void> {
    await ask(this.pool, leave(instance));
  }
}
