import type { Pool } from 'pg';
import { ask } from '../sql/ask.js';
import { SIGN_GRAIN } from '../sql/instances.js';
import { prepared } from '../sql/statement.js';
import { at } from '../sql/time.js';

const silent = prepared(
  'timer_silent',
  `SELECT server, instance FROM instances
   WHERE heartbeats AND state NOT IN ('lost', 'offline') AND last_seen + ${SIGN_GRAIN} < ${at('$1::float8')}
   ORDER BY server, instance`,
);

export const silentInstances = (
  pool: Pool,
  before: number,
): Promise<readonly { server: string; instance: string }[]> => ask(pool, silent(before));
