import { step } from '@cordyna/engine';
import { decide, type Tools } from './decide/index.js';
import { originOf, worldOf } from './decide/context.js';
import { DONE, type Inbound, type Outcome } from './inbound.js';
import { withAbsentStates } from './event-needs.js';
import { NOTHING_LOADED, firstNeeds, furtherNeeds, isEmpty, merge, type Item } from './needs.js';
import type { Published } from './published.js';
import { Conflict, keyOf, type Changes, type Loaded, type Needs } from './ports/index.js';
import { NotLoaded } from './not-loaded.js';
import { WorkingSet } from './working-set.js';

export type Load = (needs: Needs) => Promise<Loaded>;

export interface Decided {
  readonly work: WorkingSet;
  readonly changes: Changes;
  /** One list per item, one outcome per inbound. */
  readonly outcomes: readonly (readonly Outcome[])[];
  readonly needs: Needs;
}

/** Loads what the batch needs and decides all of it in order. Decides again when it turns out to need more. */
export async function decideBatch(
  items: readonly Item[],
  published: readonly Published[],
  load: Load,
  tools: Tools,
  /** Whether what is loaded is certain, or may be stale: then no negative answer is given. */
  certain: boolean,
): Promise<Decided> {
  const needs = firstNeeds(items, published);
  const sought = { runs: new Set<string>(), schedules: new Set<string>(), keys: new Set<string>() };
  const seek = async (wanted: Needs): Promise<Loaded> => {
    for (const run of [...wanted.runs, ...(wanted.newRuns ?? [])]) sought.runs.add(run);
    for (const schedule of wanted.schedules) sought.schedules.add(schedule);
    // What is only remembered says nothing of keys that are not: the commit compares them.
    const keys = certain ? [...wanted.keys, ...(wanted.newKeys ?? [])] : wanted.keys;
    for (const { target, key } of keys) sought.keys.add(keyOf(target, key));
    return withoutAbsent(wanted, await load(wanted));
  };
  let loaded = await seek(needs);
  const { registry } = loaded;
  if (!registry) throw new Error('the store has no registry row');
  const further = furtherNeeds(items, loaded, registry.value);
  if (!isEmpty(further)) loaded = merge(loaded, await seek(further));
  for (;;) {
    const work = new WorkingSet(loaded, registry.version, registry.value, tools.envelope, sought);
    try {
      const outcomes = items.map((item) => decideItem(item, work, tools, certain));
      for (const mark of published) settlePublished(mark, work, tools, certain);
      return { work, changes: work.changes(), outcomes, needs };
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      loaded = merge(loaded, await seek({ ...EMPTY, ...error.needs }));
    }
  }
}

const EMPTY: Needs = { runs: [], freshness: [], keys: [], schedules: [], positions: [], registry: false };

/** An aggregate without a row has version 0 and knows nothing. */
function withoutAbsent(needs: Needs, loaded: Loaded): Loaded {
  const freshness = new Map(loaded.freshness);
  for (const task of needs.freshness) {
    if (!freshness.has(task))
      freshness.set(task, { version: 0, value: { task, consumed: {}, latest: null } });
  }
  const { events } = needs;
  if (!events) return { ...NOTHING_LOADED, ...loaded, freshness };
  return { ...NOTHING_LOADED, ...loaded, freshness, events: withAbsentStates(events, loaded.events) };
}

function decideItem(item: Item, work: WorkingSet, tools: Tools, certain: boolean): Outcome[] {
  const { range, inbounds } = item;
  if (!range) return inbounds.map((inbound) => decide(inbound, work, tools));
  const next = work.nextOffset(range);
  if (range.fetchedOffset > next && !range.skipsGap) {
    if (!certain) throw new Conflict(`${range.topic}/${range.partition} is said to be at ${next}`);
    return [{ kind: 'gap', position: next }];
  }
  // In the order of their offsets: usually not even the first was applied before.
  let isPast = false;
  const outcomes = inbounds.map((inbound) => {
    isPast ||= !isBehind(inbound, next);
    return isPast ? decide(inbound, work, tools) : DONE;
  });
  work.movePosition(range);
  return outcomes;
}

/** Another coordinator, or this one before an unknown COMMIT, has applied it. */
const isBehind = (inbound: Inbound, next: bigint): boolean =>
  'where' in inbound && inbound.where !== null && inbound.where.offset < next;

/** Kafka has the records: their outbox row owes no more of them, and attempts that are still `invoked` get their deadline. */
function settlePublished(mark: Published, work: WorkingSet, tools: Tools, certain: boolean): void {
  work.markPublished(mark);
  for (const { run, invocation } of mark.invokes) {
    const found = work.run(run);
    if (!found) continue;
    // Ended, or invoked by another coordinator after this state was cached: then its deadline must still begin.
    if (!certain && found.invocations.get(invocation) === undefined)
      throw new Conflict(`run ${run} is not known to have invoked ${invocation}`);
    const origin = originOf(tools.source, tools.clock.now(), null, tools);
    work.absorb(step(found, { kind: 'published', invocation }, origin, worldOf(work, tools)));
  }
}
