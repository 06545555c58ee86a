import { NEW_FUSE, fuseId, inForce, resetFuse, type FuseState } from '@cordyna/engine';
import { DONE, type Inbound, type Outcome } from '../../inbound.js';
import type { WorkingSet } from '../../working-set.js';
import type { Tools } from '../context.js';

export const fuseOf = (rule: string, work: WorkingSet): FuseState =>
  (work.events.state(fuseId(rule)) as FuseState | null) ?? NEW_FUSE(rule);

export const saveFuse = (value: FuseState, work: WorkingSet): void =>
  work.events.saveState({ id: fuseId(value.rule), value, eventSet: null, expiresAt: null });

const refused = (code: 'unknown_definition' | 'wrong_state', message: string): Outcome => ({
  ...{ kind: 'refused', code, message, errors: [] },
});

/** Lets a rule fire again whose fuse is blown. */
export function decideFuseReset(
  { rule, author, reason }: Extract<Inbound, { kind: 'reset-fuse' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  if (!inForce(work.registry(), 'rule', rule))
    return refused('unknown_definition', `there is no rule ${rule}`);
  const fuse = fuseOf(rule, work);
  if (!fuse.blown) return refused('wrong_state', `the fuse of ${rule} is not blown`);
  saveFuse(resetFuse(fuse, { author, reason }, tools.clock.now()), work);
  return DONE;
}
