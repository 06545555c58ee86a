import type { Timing } from '@cordyna/engine';
import type { Schedule } from '../ports/index.js';

/** When a stored schedule is due, as the engine reckons. */
export function timingOf(schedule: Pick<Schedule, 'everyMs' | 'cron' | 'timezone' | 'anchor'>): Timing {
  const { everyMs, cron, timezone, anchor } = schedule;
  if (everyMs !== null) return { everyMs, anchor };
  return { cron: cron ?? '', timezone };
}
