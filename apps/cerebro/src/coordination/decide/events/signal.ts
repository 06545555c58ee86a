import {
  NO_LATCH,
  NO_WAIT,
  correlationOf,
  countFiring,
  expiresAt,
  isCompleteAtOnce,
  isLatched,
  match,
  matchLatched,
  rulesFor,
  waitId,
  type ActiveRule,
  type EventRef,
  type LatchState,
  type RuleFiring,
  type WaitState,
} from '@cordyna/engine';
import { v5 as uuidv5 } from 'uuid';
import type { Inbound, Outcome } from '../../inbound.js';
import type { SignalRuleRow, StoredSignal } from '../../ports/index.js';
import type { WorkingSet } from '../../working-set.js';
import type { Tools } from '../context.js';
import { isFromCirrus } from './cirrus.js';
import { fuseOf, saveFuse } from './fuse.js';
import { latchOf, latchSignal, takeLatched } from './latched.js';
import { settleExpired } from './settle-expired.js';

const FIRINGS_PER_MINUTE = 600;

/** Something happened: it is written down, and each rule that it concerns makes something of it, at most once. */
export function decideSignal(
  { signal, note }: Extract<Inbound, { kind: 'signal' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const known = work.events.signal(signal.signal);
  if (known) return { kind: 'signal', outcome: known.outcome, created: false, rules: [] };
  work.events.addSignal(signal);
  const rules = takeSignal(signal, note ?? null, work, tools);
  return { kind: 'signal', outcome: work.events.outcomeOf(signal.signal), created: true, rules };
}

/** Matches an event against all rules; returns those that fired. */
export function takeSignal(
  signal: StoredSignal,
  note: Extract<Inbound, { kind: 'signal' }>['note'] | null,
  work: WorkingSet,
  tools: Tools,
): readonly string[] {
  work.events.take(signal.signal);
  const registry = work.registry();
  const rules = rulesFor(registry, signal.type);
  const latches = isFromCirrus(signal) || isLatched(registry, signal.type);
  const latch = latches ? latchOf(work) : NO_LATCH;
  if (latches) {
    const payload = note ?? { action: 'trigger', force: String(signal.force) };
    work.events.note({ queue: 'event', name: signal.type, payload, at: tools.clock.now() });
  }
  const fired: string[] = [];
  const waitsIn: string[] = [];
  for (const active of rules) {
    const { rule, set } = active;
    const found = takeFor(active, signal, latch, work, tools);
    if (found === 'fired') fired.push(rule);
    else work.events.settle({ signal: signal.signal, rule, firing: null, ...found });
    if (set.latched && found !== 'fired' && found.outcome === 'waiting') waitsIn.push(rule);
  }
  if (latches) latchSignal(signal, waitsIn, work, tools.clock.now());
  return fired;
}

type Unfired = Pick<SignalRuleRow, 'outcome' | 'reason'>;
const filtered = (reason: string): Unfired => ({ outcome: 'filtered', reason });

function takeFor(
  active: ActiveRule,
  signal: StoredSignal,
  latch: LatchState,
  work: WorkingSet,
  tools: Tools,
): 'fired' | Unfired {
  const { rule, set } = active;
  const filter = Object.hasOwn(set.filters ?? {}, signal.type) ? set.filters?.[signal.type] : undefined;
  const [unfit] = filter ? tools.schemas.validate(filter, signal.data) : [];
  if (unfit !== undefined) return filtered(`its data does not fit the filter: ${unfit}`);
  const correlated = correlationOf(set, signal.data);
  if (!correlated.ok) return filtered(correlated.reason);
  const { key } = correlated;
  if (fuseOf(rule, work).blown) return filtered(`the fuse of ${rule} is blown`);
  const own: EventRef = { signal: signal.signal, type: signal.type };
  if (set.latched) {
    const latched = matchLatched(set, latch, signal);
    if (latched.outcome !== 'triggered') return latched;
    return fire(active, signal, key, [own], work, tools);
  }
  if (isCompleteAtOnce(set)) return fire(active, signal, key, [own], work, tools);
  const before =
    (work.events.state(waitId(rule, key)) as WaitState | null) ?? NO_WAIT(rule, key, active.revision);
  const matched = match(active, before, signal, tools.clock.now());
  if (matched.outcome === 'waiting') {
    saveWait(active, matched.wait, work);
    for (const expired of matched.expired) settleExpired(rule, expired, work);
    return { outcome: 'waiting', reason: matched.reason };
  }
  const found = fire(active, signal, key, matched.events, work, tools);
  // With a blown fuse, what waits goes on waiting.
  if (found !== 'fired') return found;
  saveWait(active, matched.wait, work);
  for (const expired of matched.expired) settleExpired(rule, expired, work);
  return found;
}

export const saveWait = (
  { body, set }: Pick<ActiveRule, 'body' | 'set'>,
  value: WaitState,
  work: WorkingSet,
): void =>
  work.events.saveState({
    ...{ id: waitId(value.rule, value.key), value },
    ...{ eventSet: body.eventSet, expiresAt: expiresAt(set, value) },
  });

function fire(
  active: ActiveRule,
  signal: StoredSignal,
  key: string,
  events: readonly EventRef[],
  work: WorkingSet,
  tools: Tools,
): 'fired' | Unfired {
  const { rule, version, body, set } = active;
  const now = tools.clock.now();
  const limit = body.firingsPerMinute ?? tools.firingsPerMinute ?? FIRINGS_PER_MINUTE;
  const { fuse, fires } = countFiring(fuseOf(rule, work), limit, now);
  saveFuse(fuse, work);
  if (!fires) return filtered(`the fuse of ${rule} is blown: ${fuse.blown?.reason ?? ''}`);
  const others = set.latched ? takeLatched(active, signal, work, now) : { events: [], waited: [] };
  const used = [...others.events, ...events];
  const value: RuleFiring = {
    ...{ firing: uuidv5(rule, signal.signal), rule, ruleVersion: version, body, key, at: now },
    ...{ force: signal.force, events: used, state: 'due', attempt: 0, run: null, error: null },
    finishedAt: null,
  };
  work.events.saveFiring(value);
  for (const one of [...others.waited, ...events]) {
    const row = {
      signal: one.signal,
      rule,
      outcome: 'triggered',
      reason: null,
      firing: value.firing,
    } as const;
    work.events.settle(row);
  }
  if (set.latched)
    work.events.note({ queue: 'rule_state', name: rule, payload: { state: 'triggered' }, at: now });
  return 'fired';
}
