import { LATCH, type EventSignal } from '@cordyna/engine';
import { DONE, type Inbound, type Outcome } from '../../inbound.js';
import type { WorkingSet } from '../../working-set.js';
import type { Tools } from '../context.js';
import { forgetLatched } from './latched.js';

/** CloudEvents source of what the Cirrus interface is told. */
export const CIRRUS_SOURCE = '/cirrus';

/** Counts as having happened whatever event sets there are. */
export const isFromCirrus = ({ source }: Pick<EventSignal, 'source'>): boolean => source === CIRRUS_SOURCE;

/** A state of a rule that somebody reports over the Cirrus interface. */
export function noteRuleState(
  { rule, state }: Extract<Inbound, { kind: 'note-rule-state' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  work.events.note({ queue: 'rule_state', name: rule, payload: { state }, at: tools.clock.now() });
  return DONE;
}

/** Without its log no event of a latched set has happened. */
export function clearQueue(
  { queue }: Extract<Inbound, { kind: 'clear-queue' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  work.events.clear(queue);
  if (queue === 'event' && work.events.state(LATCH) !== null) forgetLatched(work, tools.clock.now());
  return DONE;
}
