import type { Door, TimerQueries } from '../coordination/index.js';
import type { ErrandSubject } from './errand-timer.js';

const BATCH = 500;

/** Retries whose time has come. */
export const dueRetries = (
  queries: Pick<TimerQueries, 'runsWithDueRetries'>,
  door: Pick<Door, 'submit'>,
  source: string,
): ErrandSubject => ({
  name: 'Retries',
  errand: 'retries',
  async propose() {
    const runs = await queries.runsWithDueRetries(BATCH);
    const input = { kind: 'retry-due' } as const;
    await Promise.all(runs.map((run) => door.submit({ kind: 'run-input', run, source, input })));
    return runs.length === BATCH;
  },
});
