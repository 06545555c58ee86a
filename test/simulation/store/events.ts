import type { EventState, RuleFiring } from '@cordyna/engine';
import {
  Conflict,
  type Changes,
  type DueEvent,
  type EventNeeds,
  type LoadedEvents,
  type QueueEntry,
  type SignalRuleRow,
  type StoredSignal,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Database } from './database.js';

/** Tables of events, rules and event sets, in memory. */
export class EventTables {
  readonly signals = new Map<string, StoredSignal>();
  readonly rules = new Map<string, SignalRuleRow>();
  readonly states = new Map<
    string,
    { version: number; value: EventState | null; eventSet: string | null; expiresAt: number | null }
  >();
  readonly firings = new Map<string, { version: number; value: RuleFiring }>();
  queue: QueueEntry[] = [];
}

export function readEvents({ events }: Database, needs: EventNeeds): LoadedEvents {
  const found = <T>(table: ReadonlyMap<string, T>, ids: readonly string[]): [string, T][] =>
    ids.flatMap((id) => {
      const row = table.get(id);
      return row === undefined ? [] : [[id, row] as [string, T]];
    });
  return {
    signals: new Map(found(events.signals, needs.signals)),
    firings: new Map(found(events.firings, needs.firings).map(([id, row]) => [id, { ...row }])),
    states: new Map(
      found(events.states, needs.states).map(([id, { version, value }]) => [id, { version, value }]),
    ),
  };
}

/** A row of version 0, so that there is one to compare. */
export function beginState({ events }: Database, id: string): void {
  if (!events.states.has(id))
    events.states.set(id, { version: 0, value: null, eventSet: null, expiresAt: null });
}

export function checkEvents({ events }: Database, changes: Changes['events']): void {
  if (!changes) return;
  const expect = (holds: boolean, subject: string): void => {
    if (!holds) throw new Conflict(`${subject}: not as it was read`);
  };
  for (const [id, version] of changes.states.read)
    expect((events.states.get(id)?.version ?? 0) === version, 'event state');
  for (const { expectedVersion, value } of changes.firings)
    expect((events.firings.get(value.firing)?.version ?? null) === expectedVersion, 'firing of a rule');
  for (const { signal } of changes.signals) expect(!events.signals.has(signal), 'signal');
  for (const { signal } of changes.matched)
    expect(events.signals.get(signal)?.outcome === 'pending', 'pending signal');
}

export function writeEvents(db: Database, changes: Changes['events'], now: number): void {
  if (!changes) return;
  const { events } = db;
  for (const [id] of changes.states.read) beginState(db, id);
  for (const { value } of changes.firings) {
    const version = (events.firings.get(value.firing)?.version ?? 0) + 1;
    events.firings.set(value.firing, { version, value });
  }
  for (const { id, value, eventSet, expiresAt } of changes.states.writes) {
    const version = (events.states.get(id)?.version ?? 0) + 1;
    events.states.set(id, { version, value, eventSet, expiresAt });
  }
  const isChanged = (rule: string | null, set: string | null): boolean =>
    changes.changedRules.includes(rule ?? '') || changes.changedSets.includes(set ?? '');
  for (const row of events.states.values()) {
    const rule = row.value && 'rule' in row.value ? row.value.rule : null;
    if (row.expiresAt !== null && isChanged(rule, row.eventSet)) row.expiresAt = now;
  }
  writeLedger(events, changes);
}

const RANKS = ['triggered', 'waiting', 'expired', 'filtered'] as const;

function writeLedger(events: EventTables, changes: NonNullable<Changes['events']>): void {
  for (const signal of changes.signals) events.signals.set(signal.signal, signal);
  const settle = (id: string, outcome: StoredSignal['outcome']): void => {
    const signal = events.signals.get(id);
    if (signal) events.signals.set(id, { ...signal, outcome });
  };
  for (const { signal, outcome } of changes.matched) settle(signal, outcome);
  for (const row of changes.rules) events.rules.set(`${row.signal}\n${row.rule}`, row);
  const whole = new Set([...changes.signals, ...changes.matched].map(({ signal }) => signal));
  for (const { signal } of changes.rules) {
    if (whole.has(signal)) continue;
    const there = [...events.rules.values()].filter((row) => row.signal === signal);
    const best = RANKS.find((rank) => there.some(({ outcome }) => outcome === rank));
    if (best) settle(signal, best);
  }
  events.queue = events.queue.filter(({ queue }) => !changes.clearedQueues.includes(queue));
  events.queue.push(...changes.queue);
}

export function dueEvents({ events, runs, clock }: Database, limit: number): readonly DueEvent[] {
  const pending = [...events.signals.values()].filter(({ outcome }) => outcome === 'pending');
  const isOpen = ({ state, run }: RuleFiring): boolean =>
    state === 'due' || (state === 'running' && runs.get(run ?? '')?.state !== 'running');
  const open = [...events.firings.values()].filter(({ value }) => isOpen(value));
  const waiting = [...events.states]
    .filter(([, { expiresAt }]) => expiresAt !== null && expiresAt <= clock())
    .sort(([a, one], [b, other]) => (one.expiresAt ?? 0) - (other.expiresAt ?? 0) || (a < b ? -1 : 1));
  return [
    ...pending.slice(0, limit).map(({ signal }) => ({ what: 'signal', id: signal, run: null }) as const),
    ...open
      .slice(0, limit)
      .map(
        ({ value }) =>
          ({ what: 'firing', id: value.firing, run: value.state === 'running' ? value.run : null }) as const,
      ),
    ...waiting.slice(0, limit).map(([id]) => ({ what: 'waiting', id, run: null }) as const),
  ];
}
