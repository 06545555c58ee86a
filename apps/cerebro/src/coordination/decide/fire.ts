import { create, dueBetween, nextDue, planFirings, step, type Settled } from '@cordyna/engine';
import type { Trigger } from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { Schedule } from '../ports/index.js';
import type { WorkingSet } from '../working-set.js';
import { furtherRun, originOf, worldOf, type Tools } from './context.js';
import { seedOf } from './request-run.js';
import { inForceOf, requestOf } from './schedules.js';

/** Due times that one firing settles at most; a longer outage is settled in several. */
const MAX_DUE = 1_000;

/** The clock's estimate goes back by less than this. */
const EARLY_MS = 25;
const TOO_EARLY: Outcome = { kind: 'refused', code: 'wrong_state', message: 'it is not due', errors: [] };

const isNear = (at: number | null, now: number): boolean => at !== null && at - now <= EARLY_MS;

/**
 * Settles every due time of a schedule up to now, each exactly once, by its rules for what was missed and for overlaps.
 * A schedule that another coordinator settled is left alone.
 */
export function decideFiring(
  { schedule: id, newRun }: Extract<Inbound, { kind: 'fire' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  if (work.run(newRun)) return DONE;
  const found = work.schedule(id);
  const now = tools.clock.now();
  const inForce = found && inForceOf(found.value);
  if (!found?.value.active || !inForce) return DONE;
  const { value } = found;
  const { nextDueAt, details } = value;
  const isDue = nextDueAt !== null && nextDueAt <= now;
  if (!isDue && details.waiting.length === 0) return isNear(nextDueAt, now) ? TOO_EARLY : DONE;
  const limit = MAX_DUE + inForce.catchUpLimit;
  const due = isDue ? dueBetween(inForce.timing, nextDueAt - 1, now, limit) : [];
  const isCut = due.length === limit && nextDue(inForce.timing, due.at(-1) ?? now) !== null;
  const state = { due, isCut, waiting: details.waiting, isOpen: found.lastRunOpen, now };
  const { settled, waiting, until } = planFirings(state, inForce);
  if (settled.length === 0 && until === null) return DONE;
  const next = until === null ? nextDueAt : nextDue(inForce.timing, until);
  const isSame = waiting.length + details.waiting.length === 0;
  const kept = { ...value, nextDueAt: next, details: isSame ? details : { ...details, waiting } };
  work.saveSchedule(kept, found.lastRunOpen);
  let runs = 0;
  for (const one of settled) {
    const run = runs === 0 ? newRun : furtherRun(newRun, runs);
    if (settle(id, one, run, work, tools)) runs += 1;
  }
  return DONE;
}

/** True when a run was made. */
function settle(id: string, one: Settled, newRun: string, work: WorkingSet, tools: Tools): boolean {
  const { scheduledFor, outcome } = one;
  const { lastRun = null } = work.schedule(id)?.value ?? {};
  if (outcome === 'missed' || outcome === 'skipped') {
    const run = outcome === 'skipped' ? lastRun : null;
    const reason =
      outcome === 'skipped' ? `run ${lastRun ?? ''} of the previous firing is unfinished` : one.reason;
    work.addFiring({ schedule: id, scheduledFor, outcome, run, reason });
    return false;
  }
  if (outcome === 'cancel-and-run' && lastRun !== null) cancel(lastRun, id, work, tools);
  return fireOnce(id, scheduledFor, newRun, null, work, tools) === null;
}

function cancel(run: string, schedule: string, work: WorkingSet, tools: Tools): void {
  const open = work.run(run);
  if (open?.state !== 'running') return;
  const origin = originOf(tools.source, tools.clock.now(), null, tools);
  const reason = `the schedule ${schedule} is due again`;
  work.absorb(step(open, { kind: 'cancel', reason }, origin, worldOf(work, tools)));
}

/** Makes the run of a due time, or says why there is none; that is a firing too. */
export function fireOnce(
  id: string,
  scheduledFor: number,
  newRun: string,
  reason: string | null,
  work: WorkingSet,
  tools: Tools,
): Extract<Outcome, { kind: 'refused' }> | null {
  const { value } = work.schedule(id) as { value: Schedule };
  const inForce = inForceOf(value);
  if (!inForce) throw new Error(`the schedule ${id} is not in force`);
  const trigger: Trigger = {
    kind: 'schedule',
    schedule: id,
    scheduledFor: new Date(scheduledFor).toISOString(),
  };
  const seed = seedOf(newRun, requestOf(inForce), trigger, work, tools);
  if ('kind' in seed) {
    work.addFiring({ schedule: id, scheduledFor, outcome: 'skipped', run: null, reason: seed.message });
    work.saveSchedule(value, false);
    return seed;
  }
  const decision = create(seed, originOf(tools.source, scheduledFor, null, tools), worldOf(work, tools));
  work.addRun(decision, '');
  work.addFiring({ schedule: id, scheduledFor, outcome: 'run', run: newRun, reason });
  work.saveSchedule({ ...value, lastRun: newRun }, decision.run.state === 'running');
  return null;
}
