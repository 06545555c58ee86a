import { step, type Run } from '@cordyna/engine';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import { originOf, worldOf, worldToGoOn, type Tools } from './context.js';

/** What a timer or a person proposes to a run. */
export function decideRunInput(
  inbound: Extract<Inbound, { kind: 'run-input' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const run = work.run(inbound.run);
  if (!run)
    return { kind: 'refused', code: 'unknown_run', message: `there is no run ${inbound.run}`, errors: [] };
  const origin = originOf(inbound.source, tools.clock.now(), null, tools);
  const world = inbound.input.kind === 'retry-due' ? worldToGoOn(work, tools) : worldOf(work, tools);
  const decision = step(run, inbound.input, origin, world);
  work.absorb(decision);
  if (inbound.input.kind === 'capacity') work.noteWhereItWaits(decision.run);
  if (decision.refused === null) {
    if (inbound.input.kind === 'retry') goesOn(decision.run, work);
    return DONE;
  }
  return { kind: 'refused', code: 'wrong_state', message: decision.refused, errors: [] };
}

/** Whoever read the schedule when its last run had ended is told by its version. */
function goesOn({ state, seed: { run, trigger } }: Run, work: WorkingSet): void {
  const found = trigger.kind === 'schedule' ? work.schedule(trigger.schedule ?? '') : undefined;
  if (state === 'running' && found?.value.lastRun === run) work.saveSchedule(found.value, true);
}
