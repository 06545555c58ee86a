import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import type { Tools } from './context.js';
import { fireOnce } from './fire.js';
import { inForceOf, saveDetails } from './schedules.js';

type Action = Extract<Inbound, { kind: 'schedule-action' }>;

const refused = (code: 'unknown_definition' | 'wrong_state', message: string): Outcome => ({
  ...{ kind: 'refused', code, message, errors: [] },
});

/** Pauses or resumes a schedule, or fires it now, whatever its rule for overlaps says. */
export function decideScheduleAction(inbound: Action, work: WorkingSet, tools: Tools): Outcome {
  const { schedule, action } = inbound;
  const found = work.schedule(schedule);
  if (!found || !inForceOf(found.value))
    return refused('unknown_definition', `there is no schedule ${schedule}`);
  if (action === 'fire') return fireNow(inbound, work, tools);
  const { details } = found.value;
  const isPaused = details.paused !== null;
  if (isPaused === (action === 'pause'))
    return refused(
      'wrong_state',
      `the schedule ${schedule} is ${isPaused ? 'paused' : 'not paused'} already`,
    );
  const now = tools.clock.now();
  const { author, reason } = inbound;
  const paused = action === 'pause' ? { author, reason, at: now } : null;
  // What fell due while it was paused is not due any more.
  saveDetails(schedule, { ...details, paused }, work, now);
  return DONE;
}

function fireNow({ schedule, newRun, key, author, reason }: Action, work: WorkingSet, tools: Tools): Outcome {
  const target = `schedule ${schedule}`;
  const known = key === null ? undefined : work.key(target, key);
  if (known) return { kind: 'run', run: known.run, created: false };
  // A commit of unknown outcome is decided again: the run may be there already.
  if (work.run(newRun)) return { kind: 'run', run: newRun, created: false };
  let scheduledFor = tools.clock.now();
  while (work.hasFiring(schedule, scheduledFor)) scheduledFor += 1;
  const why = `fired by ${author ?? 'request'}${reason === null ? '' : `: ${reason}`}`;
  const problem = fireOnce(schedule, scheduledFor, newRun, why, work, tools);
  if (problem) return problem;
  if (key !== null) work.addKey({ target, key, run: newRun, contentHash: '' });
  return { kind: 'run', run: newRun, created: true };
}
