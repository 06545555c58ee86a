import { create, dueBetween, nextDue } from '@cordyna/engine';
import type { Trigger } from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { Schedule } from '../ports/index.js';
import type { WorkingSet } from '../working-set.js';
import { originOf, worldOf, type Tools } from './context.js';
import { seedOf } from './request-run.js';
import { timingOf } from './timing.js';

/** Due times that one firing settles at most; a longer outage is settled in several. */
const MAX_DUE = 1_000;

/**
 * Settles every due time of a schedule up to now, each exactly once: the newest runs, or is skipped while the run of
 * the previous firing is unfinished; the others were missed. A schedule that another coordinator settled is left alone.
 */
export function decideFiring(
  { schedule: id, newRun }: Extract<Inbound, { kind: 'fire' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const found = work.schedule(id);
  const now = tools.clock.now();
  const nextDueAtBefore = found?.value.nextDueAt ?? null;
  if (!found?.value.active || nextDueAtBefore === null || nextDueAtBefore > now) return DONE;
  const { value, lastRunOpen } = found;
  const timing = timingOf(value);
  const due = dueBetween(timing, nextDueAtBefore - 1, now, MAX_DUE);
  const more = due.length === MAX_DUE && dueBetween(timing, due.at(-1) ?? now, now, 1).length > 0;
  const newest = more ? undefined : due.at(-1);
  for (const scheduledFor of due) {
    if (scheduledFor === newest) continue;
    const reason = 'a newer firing was due already';
    work.addFiring({ schedule: id, scheduledFor, outcome: 'missed', run: null, reason });
  }
  const nextDueAt = nextDue(timing, due.at(-1) ?? now);
  const settled: Schedule = { ...value, nextDueAt };
  if (newest === undefined) work.saveSchedule(settled, lastRunOpen);
  else if (lastRunOpen) skip(settled, newest, work);
  else run(settled, newest, newRun, work, tools);
  return DONE;
}

function skip(settled: Schedule, scheduledFor: number, work: WorkingSet): void {
  const reason = `run ${settled.lastRun ?? ''} of the previous firing is unfinished`;
  work.addFiring({
    schedule: settled.schedule,
    scheduledFor,
    outcome: 'skipped',
    run: settled.lastRun,
    reason,
  });
  work.saveSchedule(settled, true);
}

function run(settled: Schedule, scheduledFor: number, newRun: string, work: WorkingSet, tools: Tools): void {
  const { schedule, task } = settled;
  const trigger: Trigger = { kind: 'schedule', schedule, scheduledFor: new Date(scheduledFor).toISOString() };
  const seed = seedOf(newRun, { task }, trigger, work, tools);
  if ('kind' in seed) {
    work.addFiring({ schedule, scheduledFor, outcome: 'skipped', run: null, reason: seed.message });
    work.saveSchedule(settled, false);
    return;
  }
  const decision = create(seed, originOf(tools.source, scheduledFor, null, tools), worldOf(work, tools));
  work.addRun(decision, '');
  work.addFiring({ schedule, scheduledFor, outcome: 'run', run: newRun, reason: null });
  work.saveSchedule({ ...settled, lastRun: newRun }, decision.run.state === 'running');
}
