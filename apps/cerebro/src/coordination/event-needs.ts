import {
  LATCH,
  correlationOf,
  fuseId,
  isCompleteAtOnce,
  isLatched,
  rulesFor,
  waitId,
  type EventSignal,
  type Registry,
} from '@cordyna/engine';
import type { RunRequest } from '@cordyna/protocol/model';
import { isFromCirrus } from './decide/events/cirrus.js';
import { requestOfFiring } from './decide/events/firing-request.js';
import type { Inbound } from './inbound.js';
import type { EventNeeds, Loaded, LoadedEvents, Needs } from './ports/index.js';

/** What a batch needs of events, gathered input by input. */
class Gathered {
  readonly signals = new Set<string>();
  readonly firings = new Set<string>();
  readonly states = new Set<string>();
  readonly runs = new Set<string>();

  needs(): Pick<Needs, 'events'> {
    const { signals, firings, states } = this;
    if (signals.size + firings.size + states.size === 0) return {};
    return { events: { signals: [...signals], firings: [...firings], states: [...states] } };
  }
}

export const noEventNeeds = (): Gathered => new Gathered();

/** What an input names itself. */
export function firstEventNeeds(inbound: Inbound, into: Gathered): void {
  if (inbound.kind === 'signal') into.signals.add(inbound.signal.signal);
  if (inbound.kind === 'reset-fuse') into.states.add(fuseId(inbound.rule));
  if (inbound.kind === 'clear-queue' && inbound.queue === 'event') into.states.add(LATCH);
  if (inbound.kind !== 'event-due') return;
  const { signal, firing, waiting } = { signal: into.signals, firing: into.firings, waiting: into.states };
  ({ signal, firing, waiting })[inbound.what].add(inbound.id);
}

/** What follows from what was loaded; returns what a firing is about to ask for. */
export function furtherEventNeeds(
  inbound: Inbound,
  { events }: Loaded,
  registry: Registry,
  into: Gathered,
): RunRequest | null {
  if (inbound.kind === 'signal') statesOf(inbound.signal, registry, into);
  if (inbound.kind !== 'event-due') return null;
  const signal = inbound.what === 'signal' ? events?.signals.get(inbound.id) : undefined;
  if (signal) statesOf(signal, registry, into);
  const firing = inbound.what === 'firing' ? events?.firings.get(inbound.id)?.value : undefined;
  if (!firing) return null;
  if (firing.run !== null && firing.state === 'running') into.runs.add(firing.run);
  if (firing.body.activity.eventsAs !== undefined)
    for (const one of firing.events) into.signals.add(one.signal);
  return requestOfFiring(firing, registry, []);
}

function statesOf(signal: EventSignal, registry: Registry, { states }: Gathered): void {
  if (isFromCirrus(signal) || isLatched(registry, signal.type)) states.add(LATCH);
  for (const { rule, set } of rulesFor(registry, signal.type)) {
    states.add(fuseId(rule));
    if (set.latched || isCompleteAtOnce(set)) continue;
    const correlated = correlationOf(set, signal.data);
    if (correlated.ok) states.add(waitId(rule, correlated.key));
  }
}

export function mergeEvents(
  a: LoadedEvents | undefined,
  b: LoadedEvents | undefined,
): Pick<Loaded, 'events'> {
  if (!a || !b) return a || b ? { events: (a ?? b) as LoadedEvents } : {};
  return {
    events: {
      signals: new Map([...a.signals, ...b.signals]),
      firings: new Map([...a.firings, ...b.firings]),
      states: new Map([...a.states, ...b.states]),
    },
  };
}

/** An aggregate without a row has version 0 and no value. */
export function withAbsentStates(needs: EventNeeds, loaded: LoadedEvents | undefined): LoadedEvents {
  const { signals, firings, states } = loaded ?? {
    signals: new Map(),
    firings: new Map(),
    states: new Map(),
  };
  const all = new Map(states);
  for (const id of needs.states) if (!all.has(id)) all.set(id, { version: 0, value: null });
  return { signals, firings, states: all };
}
