import {
  LATCH,
  NO_LATCH,
  endedWaits,
  useLatched,
  withEvent,
  withHappened,
  type ActiveRule,
  type EventRef,
  type LatchState,
} from '@cordyna/engine';
import type { StoredSignal } from '../../ports/index.js';
import type { WorkingSet } from '../../working-set.js';
import { settleExpired } from './settle-expired.js';

export const latchOf = (work: WorkingSet): LatchState =>
  (work.events.state(LATCH) as LatchState | null) ?? NO_LATCH;

export const saveLatch = (value: LatchState, work: WorkingSet): void =>
  work.events.saveState({ id: LATCH, value, eventSet: null, expiresAt: null });

/** The event counts from now on; an earlier one of its type, unless this one says nothing new, waits no more. */
export function latchSignal(
  { signal, type, force }: StoredSignal,
  waitsIn: readonly string[],
  work: WorkingSet,
  now: number,
): void {
  const before = latchOf(work);
  const isNew = force || !before.happened.includes(type);
  const happened = withHappened(before, type);
  if (!isNew) return saveLatch(happened, work);
  const { latch, former } = withEvent(happened, { signal, type, at: now, waitsIn });
  saveLatch(latch, work);
  for (const { rule, ...ended } of endedWaits(former, `another ${type} happened`, now))
    settleExpired(rule, ended, work);
}

/** The events of a firing of a latched set, its own one last, and those of them that have waited for it. */
export function takeLatched(
  { rule, set }: ActiveRule,
  signal: StoredSignal,
  work: WorkingSet,
  now: number,
): { readonly events: readonly EventRef[]; readonly waited: readonly EventRef[] } {
  const { latch, events, waited } = useLatched(latchOf(work), rule, set, signal, now);
  saveLatch(latch, work);
  return { events, waited };
}

/** Without its log no event has happened, and none waits. */
export function forgetLatched(work: WorkingSet, now: number): void {
  for (const event of latchOf(work).events ?? [])
    for (const { rule, ...ended } of endedWaits(event, 'the log of events was emptied', now))
      settleExpired(rule, ended, work);
  saveLatch(NO_LATCH, work);
}
