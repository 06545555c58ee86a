import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../simulation/world/random.js';
import { check, type Report } from './checker/check.js';
import type { Evidence, Limits } from './checker/evidence.js';
import { collect } from './evidence/collect.js';
import { slowest } from './evidence/slowest.js';
import { described, planFaults, type DoneFault, type PlannedFault } from './faults/fault.js';
import { inflict } from './faults/inflict.js';
import { graphOf, type Timing } from './load/graph.js';
import { startLoad } from './load/load.js';
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
  const asked = await load.end();
  tell('nothing more is asked for');
  const problem = await bringToRest(site, options.restMs, tell);
  if (problem) say(problem);
  tell('at rest');
  const { limits } = options;
  const evidence = await collect(site, { ...asked, lists: graph.lists, faults: faults.flat(), limits });
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
