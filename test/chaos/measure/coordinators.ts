import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../simulation/world/random.js';
import { check } from '../checker/check.js';
import type { Evidence } from '../checker/evidence.js';
import { collect } from '../evidence/collect.js';
import { inflict, stopInTransaction } from '../faults/inflict.js';
import { graphOf } from '../load/graph.js';
import { startLoad } from '../load/load.js';
import { AS_IN_PRODUCTION } from '../settings.js';
import type { Machines } from '../stack/machines.js';
import { bringToRest } from '../stack/rest.js';
import { instanceOf, startSite, type Site } from '../stack/site.js';
import { assignments } from './assignments.js';

/** How long updates waited that came to Kafka within 5 s of a fault, the longest of them. */
export interface Waits {
  readonly fault: 'stopped in a transaction' | 'killed';
  /** In partitions that the other coordinators had. */
  readonly othersMs: number;
  /** In partitions that the victim had: until others had taken them over. */
  readonly victimsMs: number;
}

/** One line of docs/reliability/coordinators.jsonl. */
export interface Measured {
  readonly coordinators: number;
  readonly seed: number;
  readonly runs: number;
  readonly firings: number;
  readonly waits: readonly Waits[];
  readonly timeouts: number;
  readonly violations: number;
}

const STEADY_MS = 15_000;
const STOPPED_MS = 14_000;
const ABOUT_MS = 5_000;
const SETTLED_MS = 25_000;

interface Moment {
  readonly fault: Waits['fault'];
  readonly atMs: number;
  /** Of `events`. */
  readonly victims: ReadonlySet<number>;
}

/** Under steady load one coordinator is stopped in the middle of a transaction, and later another one killed. */
export async function measureCoordinators(
  machines: Machines,
  coordinators: number,
  { seed, perSecond, say }: { seed: number; perSecond: number; say: (line: string) => void },
): Promise<Measured> {
  const graph = graphOf(new Random(seed), AS_IN_PRODUCTION.timing);
  const { env, limits, restMs } = AS_IN_PRODUCTION;
  const site = await startSite(machines, {
    coordinators,
    graph,
    env,
    onOwnEnd: (name) => say(`${name} ended`),
  });
  const load = await startLoad(site, graph, { seed, perSecond });
  await delay(STEADY_MS);
  const stopped = await momentOf(site, 0, 'stopped in a transaction', async () => {
    const span = await stopInTransaction(site, STOPPED_MS);
    if (!span) throw new Error('no transaction stepped on the trap');
    return span;
  });
  await delay(SETTLED_MS);
  const killed = await momentOf(site, 1, 'killed', async () => {
    const fault = { kind: 'coordinator killed', target: 1, pauseMs: 0, lengthMs: STOPPED_MS } as const;
    return (await inflict(site, fault)) ?? { atMs: 0 };
  });
  await delay(SETTLED_MS);
  const asked = await load.end();
  const problem = await bringToRest(site, restMs);
  if (problem) say(problem);
  const evidence = await collect(site, { ...asked, lists: graph.lists, faults: [], limits });
  const { violations, figures } = check(evidence);
  for (const { invariant, what } of violations) say(`VIOLATION ${invariant}: ${what}`);
  return {
    ...{ coordinators, seed, runs: figures.runs, firings: evidence.firings.length },
    waits: [stopped, killed].map((moment) => waitsOf(moment, evidence)),
    ...{ timeouts: figures.timeouts, violations: violations.length },
  };
}

async function momentOf(
  site: Site,
  victim: number,
  fault: Waits['fault'],
  befall: () => Promise<{ readonly atMs: number }>,
): Promise<Moment> {
  const owned = await assignments(site.brokers, `${site.prefix}.cerebro`, `${site.prefix}.events`);
  const [, partitions = []] = [...owned].find(([client]) => client.startsWith(instanceOf(victim))) ?? [];
  const { atMs } = await befall();
  return { fault, atMs, victims: new Set(partitions) };
}

function waitsOf({ fault, atMs, victims }: Moment, { records, runs }: Evidence): Waits {
  const appended = new Map<string, number>();
  for (const { topic, partition, offset, timestampMs } of records)
    if (topic === 'events' && timestampMs > atMs - 1_000 && timestampMs < atMs + ABOUT_MS)
      appended.set(`${partition}@${offset}`, timestampMs);
  let [othersMs, victimsMs] = [0, 0];
  for (const { topic, partition, offset, recordedMs } of runs.flatMap(({ history }) => history)) {
    const from = topic === 'events' ? appended.get(`${partition}@${offset}`) : undefined;
    if (from === undefined || recordedMs < atMs) continue;
    const waitedMs = Math.round(recordedMs - Math.max(from, atMs));
    if (victims.has(partition ?? -1)) victimsMs = Math.max(victimsMs, waitedMs);
    else othersMs = Math.max(othersMs, waitedMs);
  }
  return { fault, othersMs, victimsMs };
}
