import { v7 as uuidv7 } from 'uuid';
import type { Backlog, Door, TimerQueries } from '../coordination/index.js';
import type { ErrandSubject } from './errand-timer.js';

const BATCH = 500;

/** What is due of events and rules. What was done may have made more of it due. */
export const dueEvents = (
  queries: Pick<TimerQueries, 'dueEvents'>,
  door: Pick<Door, 'submit'>,
  newRunId: () => string = uuidv7,
  backlog?: Pick<Backlog, 'excess'>,
): ErrandSubject => ({
  name: 'Events',
  errand: 'events',
  async propose() {
    const found = await queries.dueEvents(BATCH);
    // Activities begin once there is room.
    const isFull = backlog !== undefined && backlog.excess !== null;
    const due = isFull ? found.filter(({ what }) => what === 'waiting') : found;
    const outcomes = await Promise.all(
      due.map((one) => door.submit({ kind: 'event-due', ...one, newRun: newRunId() })),
    );
    return outcomes.some(({ kind }) => kind === 'done');
  },
});
