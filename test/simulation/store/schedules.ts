import type { Schedule } from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Database } from './database.js';

interface Due {
  readonly schedule: string;
  /** Epoch ms. */
  readonly dueAt: number;
}

/** Its last run has ended, and a due time waits for that. */
export const isFree = ({ active, details, lastRun }: Schedule, { runs }: Pick<Database, 'runs'>): boolean =>
  active && details.waiting.length > 0 && runs.get(lastRun ?? '')?.state !== 'running';

/** Those first that have waited longest. */
export const dueSchedules = (db: Pick<Database, 'schedules' | 'runs' | 'clock'>, aheadMs: number): Due[] =>
  [...db.schedules.values()]
    .flatMap(({ value }): Due[] => {
      const { schedule, active, nextDueAt } = value;
      const isDue = active && nextDueAt !== null && nextDueAt <= db.clock() + aheadMs;
      return [
        ...(isDue ? [{ schedule, dueAt: nextDueAt }] : []),
        ...(isFree(value, db) ? [{ schedule, dueAt: 0 }] : []),
      ];
    })
    .sort((a, b) => a.dueAt - b.dueAt || (a.schedule < b.schedule ? -1 : 1));
