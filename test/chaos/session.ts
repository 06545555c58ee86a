import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BusRecord } from '@cordyna/bus';
import { EventType } from '@cordyna/protocol/model';
import { Random } from '../simulation/world/random.js';
import { check, type Report } from './checker/check.js';
import type { Evidence, Limits } from './checker/evidence.js';
import { toldBy } from './checker/log.js';
import { collect } from './evidence/collect.js';
import { slowest } from './evidence/slowest.js';
import { described, planFaults, type DoneFault, type PlannedFault } from './faults/fault.js';
import { inflict } from './faults/inflict.js';
import { followEvents } from './load/events-tail.js';
import { graphOf, type Graph, type Timing } from './load/graph.js';
import { Noise } from './load/noise.js';
import { Requests } from './load/requests.js';
import { Sender } from './load/sender.js';
import type { Machines } from './stack/machines.js';
import { bringToRest } from './stack/rest.js';
import { startSite, type Server, type Site } from './stack/site.js';

export interface SessionOptions {
  readonly seed: number;
  readonly troubleMs: number;
  readonly perSecond: number;
  readonly coordinators: number;
  readonly timing: Timing;
  /** Of the coordinators; `limits` says the same to the checker. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly restMs: number;
  /** Default: by the seed, until `troubleMs` are over. Each of these lists goes its own way beside the others, to its end. */
  readonly faults?: readonly (readonly PlannedFault[])[];
  readonly say: (line: string) => void;
  /** A directory for what the processes wrote. */
  readonly logs?: string;
}

export interface Session {
  readonly report: Report;
  readonly evidence: Evidence;
  readonly faults: readonly DoneFault[];
  readonly duplicates: number;
  /** Processes that ended though nobody had asked them to, and were started again. */
  readonly ownEnds: number;
  /** What did not come to rest. */
  readonly problem: string | null;
}

const SHARES = { duplicated: 0.05, poison: 0.01 };
const MAX_OPEN = 600;

/** One installation through its faults, under load, back to rest, and judged. */
export async function playSession(machines: Machines, options: SessionOptions): Promise<Session> {
  const { seed, say } = options;
  const graph = graphOf(new Random(seed), options.timing);
  const beganMs = performance.now();
  const tell = (what: string): void =>
    say(`  ${((performance.now() - beganMs) / 1_000).toFixed(1)} s: ${what}`);
  const planned = options.faults ?? [planFaults(new Random(seed + 1), options.troubleMs)];
  planned.flat().forEach((fault) => say(`  plan ${described(fault)}`));
  const onOwnEnd = (name: string, output: string): void => say(`${name} ended by itself:\n${output}`);
  const site = await startSite(machines, { ...options, graph, onOwnEnd });
  tell('the installation runs');
  const load = await startLoad(site, graph, options);
  const lasts = delay(options.troubleMs);
  const faults = await Promise.all(planned.map((sequence) => endure(site, sequence, options)));
  await lasts;
  tell('all faults are over');
  const requests = await load.end();
  tell('nothing more is asked for');
  const problem = await bringToRest(site, options.restMs, tell);
  if (problem) say(problem);
  tell('at rest');
  const evidence = await collect(site, { requests, faults: faults.flat(), limits: options.limits });
  tell('all is collected');
  for (const attempt of slowest(evidence, 3)) say(`  slow: ${attempt}`);
  const kept: readonly Pick<Server, 'name' | 'all' | 'ownEnds'>[] = [
    ...site.coordinators,
    ...Object.values(site.servers),
  ];
  if (options.logs) await writeLogs(options.logs, kept);
  return {
    ...{ evidence, faults: faults.flat(), problem, report: check(evidence) },
    duplicates: load.duplicates(),
    ownEnds: kept.reduce((sum, { ownEnds }) => sum + ownEnds, 0),
  };
}

async function writeLogs(dir: string, kept: readonly Pick<Server, 'name' | 'all'>[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const { name, all } of kept)
    await writeFile(join(dir, `${name}.log`), all.map((process) => process.output()).join('\n---\n'));
}

async function endure(
  site: Site,
  planned: readonly PlannedFault[],
  { troubleMs, faults, say }: SessionOptions,
): Promise<DoneFault[]> {
  const done: DoneFault[] = [];
  const endMs = performance.now() + troubleMs;
  for (const fault of planned) {
    if (!faults && performance.now() + fault.pauseMs > endMs) break;
    await delay(fault.pauseMs);
    const one = await inflict(site, fault);
    if (one) done.push(one);
    const at = new Date().toISOString().slice(11, 23);
    say(`  ${at} ${one ? 'over' : 'did not come about'}: ${fault.kind} (${fault.target})`);
  }
  return done;
}

/** Requests, with duplicates and poison among what is said about them, until `end`. */
export async function startLoad(
  site: Site,
  graph: Graph,
  { seed, perSecond }: Pick<SessionOptions, 'seed' | 'perSecond'>,
) {
  const { brokers } = site.machines;
  const sender = new Sender(brokers, site.prefix);
  await sender.start();
  const noise = new Noise(new Random(seed + 2), sender, SHARES);
  const requests = new Requests(new Random(seed + 3), sender, {
    ...{ roots: graph.roots, perSecond, maxOpen: MAX_OPEN, duplicated: SHARES.duplicated },
    urls: site.urls,
  });
  const stopFollowing = await followEvents(brokers, `${site.prefix}.events`, (record) => {
    noise.hear(record);
    const run = finishedBy(record);
    if (run) requests.end(run);
  });
  const stopping = new AbortController();
  const asking = requests.run(stopping.signal);
  return {
    duplicates: () => noise.duplicates,
    async end() {
      stopping.abort();
      await asking;
      await stopFollowing();
      await noise.done();
      return requests.accepted;
    },
  };
}

function finishedBy(seen: BusRecord): string | null {
  const value = seen.value?.toString() ?? '';
  if (!value.includes(EventType.runFinished)) return null;
  const record = { topic: 'events', partition: 0, offset: 0, timestampMs: 0, key: null, value, headers: {} };
  const run = toldBy(record)?.data['run'];
  return typeof run === 'string' ? run : null;
}
