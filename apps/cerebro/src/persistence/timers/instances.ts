import type { Pool } from 'pg';
import type { InstanceRow } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { SIGN_GRAIN } from '../sql/instances.js';
import { prepared } from '../sql/statement.js';
import { at, ms, wholeMs } from '../sql/time.js';

// Who has been gone for a day is of no interest to any timer.
const all = prepared(
  'timer_instances',
  `SELECT server, instance, state, ${ms('last_seen')} AS "lastSeen", clock_skew_ms AS "clockSkewMs", capacity::float8 AS capacity,
     queue_limit::float8 AS "queueLimit", queued::float8 AS queued, started::float8 AS started
   FROM instances
   WHERE state NOT IN ('lost', 'offline') OR last_seen > now() - interval '1 day'
   ORDER BY server, instance`,
);

const silent = prepared(
  'timer_silent',
  `SELECT server, instance FROM instances
   WHERE heartbeats AND state NOT IN ('lost', 'offline') AND last_seen + ${SIGN_GRAIN} < ${at('$1::float8')}
   ORDER BY server, instance`,
);

export async function instances(pool: Pool): Promise<readonly InstanceRow[]> {
  const rows = await ask<InstanceRow>(pool, all());
  return rows.map((row) => ({ ...row, lastSeen: wholeMs(row.lastSeen) }));
}

export const silentInstances = (
  pool: Pool,
  before: number,
): Promise<readonly { server: string; instance: string }[]> => ask(pool, silent(before));
