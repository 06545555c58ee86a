import { freshnessNeeds, needsFreshness, planJob, planTask, type Registry } from '@cordyna/engine';
import type { RunRequest } from '@cordyna/protocol/model';
import { scheduledTasks } from './decide/declare.js';
import { targetOf } from './decide/request-run.js';
import { inForceOf, requestOf } from './decide/schedules.js';
import { isAboutRun, updateOf } from './decide/update.js';
import { firstEventNeeds, furtherEventNeeds, mergeEvents, noEventNeeds } from './event-needs.js';
import type { Inbound, PartitionRange } from './inbound.js';
import { keyOf, type Loaded, type Needs, type RunKey, type Versioned } from './ports/index.js';
import type { Published } from './published.js';

/** One unit of work for the door: what one partition's batch brought, or one request or proposal. */
export interface Item {
  readonly inbounds: readonly Inbound[];
  readonly range: PartitionRange | null;
}

const inboundsOf = (items: readonly Item[]): readonly Inbound[] =>
  items.length === 1 ? (items[0] as Item).inbounds : items.flatMap(({ inbounds }) => inbounds);

/** Does any of the runs ever look at freshness? Most plans have nothing outside and no limits. */
function lookAtFreshness({ runs }: Loaded): boolean {
  for (const { value } of runs.values()) if (needsFreshness(value.seed.plan)) return true;
  return false;
}

/** What the inputs name themselves. What depends on what was loaded comes from `furtherNeeds`. */
export function firstNeeds(items: readonly Item[], published: readonly Published[]): Needs {
  const runs = new Set<string>();
  // Is one there, what is decided anew has taken effect already: the answer to its commit was lost.
  const newRuns = new Set<string>();
  const keys = new Map<string, RunKey>();
  const schedules = new Set<string>();
  const events = noEventNeeds();
  for (const { invokes } of published) for (const { run } of invokes) runs.add(run);
  const newKeys = new Map<string, RunKey>();
  for (const inbound of inboundsOf(items)) {
    if (inbound.kind === 'update') {
      if (isAboutRun(inbound)) runs.add(inbound.attempt.run);
      continue;
    }
    firstEventNeeds(inbound, events);
    if (inbound.kind === 'run-input') runs.add(inbound.run);
    if (inbound.kind === 'fire' || inbound.kind === 'schedule-action') schedules.add(inbound.schedule);
    const isFiring = inbound.kind === 'event-due' && inbound.what === 'firing';
    if (inbound.kind === 'fire' || isFiring) newRuns.add(inbound.newRun);
    if (inbound.kind === 'define') for (const name of schedulesOf(inbound)) schedules.add(name);
    if (inbound.kind === 'schedule-action' && inbound.action === 'fire') {
      newRuns.add(inbound.newRun);
      const target = `schedule ${inbound.schedule}`;
      if (inbound.key !== null) keys.set(keyOf(target, inbound.key), { target, key: inbound.key });
    }
    if (inbound.kind !== 'run-requested') continue;
    newRuns.add(inbound.request.run ?? inbound.newRun);
    const key = inbound.request.idempotencyKey ?? inbound.fallbackKey;
    const target = targetOf(inbound.request);
    if (key !== null) newKeys.set(keyOf(target, key), { target, key });
  }
  const positions = items.flatMap(({ range }) => (range ? [range] : []));
  return {
    runs: [...runs],
    newRuns: [...newRuns],
    freshness: [],
    keys: [...keys.values()],
    newKeys: [...newKeys.values()],
    schedules: [...schedules],
    positions: positions.map(({ topic, partition }) => ({ topic, partition })),
    registry: true,
    ...events.needs(),
  };
}

/** What only shows once runs, schedules and the registry are there: freshness aggregates, and declared schedules. */
export function furtherNeeds(items: readonly Item[], loaded: Loaded, registry: Registry): Needs {
  const freshness = new Set<string>();
  const schedules = new Set<string>();
  const runs = new Set<string>();
  const events = noEventNeeds();
  const add = (tasks: Iterable<string>) => {
    for (const task of tasks) freshness.add(task);
  };
  const mayLook = lookAtFreshness(loaded);
  for (const inbound of inboundsOf(items)) {
    if (inbound.kind === 'update') {
      if (!mayLook) continue;
      const run = loaded.runs.get(inbound.attempt.run)?.value;
      const input = run ? updateOf(inbound, true) : null;
      if (run && input) add(freshnessNeeds(run, input));
      continue;
    }
    const request = furtherEventNeeds(inbound, loaded, registry, events);
    if (request) add(creationNeeds(request, registry));
    if (inbound.kind === 'declare' || inbound.kind === 'withdraw') {
      const before = registry.servers.get(inbound.server)?.tasks ?? [];
      for (const task of scheduledTasks(inbound, before)) schedules.add(task);
    }
    if (inbound.kind === 'run-requested') add(creationNeeds(inbound.request, registry));
    if (inbound.kind === 'fire' || inbound.kind === 'schedule-action') {
      const found = loaded.schedules.get(inbound.schedule);
      const inForce = found && inForceOf(found.value);
      if (!inForce) continue;
      add(creationNeeds(requestOf(inForce), registry));
      const { lastRun } = found.value;
      if (inForce.overlap === 'cancel-running' && found.lastRunOpen && lastRun !== null) runs.add(lastRun);
    }
    if (inbound.kind === 'run-input') {
      const run = loaded.runs.get(inbound.run)?.value;
      if (run) add(freshnessNeeds(run, inbound.input));
      const { schedule } = run?.seed.trigger ?? {};
      if (inbound.input.kind === 'retry' && schedule !== undefined) schedules.add(schedule);
    }
  }
  return {
    runs: [...runs, ...events.runs],
    freshness: [...freshness],
    keys: [],
    schedules: [...schedules],
    positions: [],
    registry: false,
    ...events.needs(),
  };
}

const schedulesOf = ({ changes }: Extract<Inbound, { kind: 'define' }>): readonly string[] =>
  changes.filter(({ kind }) => kind === 'schedule').map(({ name }) => name);

function creationNeeds(request: RunRequest, registry: Registry): readonly string[] {
  const planned = request.job
    ? planJob(registry, request.job)
    : planTask(registry, request.task ?? '', request.scope ?? 'downstream');
  if (!planned.ok) return [];
  return planned.plan.members.flatMap(({ task, outside, limits }) =>
    outside.length === 0 && !limits ? [] : [task, ...outside],
  );
}

export const isEmpty = (needs: Needs): boolean =>
  needs.runs.length +
    needs.freshness.length +
    needs.keys.length +
    needs.schedules.length +
    needs.positions.length ===
    0 &&
  !needs.registry &&
  !needs.events;

export function merge(a: Loaded, b: Loaded): Loaded {
  return {
    runs: new Map([...a.runs, ...b.runs]),
    freshness: new Map([...a.freshness, ...b.freshness]),
    keys: new Map([...a.keys, ...b.keys]),
    schedules: new Map([...a.schedules, ...b.schedules]),
    positions: new Map([...a.positions, ...b.positions]),
    registry: a.registry ?? b.registry,
    ...mergeEvents(a.events, b.events),
  };
}

export const NOTHING_LOADED: Loaded = {
  runs: new Map(),
  freshness: new Map(),
  keys: new Map(),
  schedules: new Map(),
  positions: new Map(),
  registry: null as Versioned<Registry> | null,
};
