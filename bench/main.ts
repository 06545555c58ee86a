import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchClient } from './client/client.js';
import type { Figures } from './figures/figures.js';
import { machine } from './figures/machine.js';
import { summarise } from './figures/summary.js';
import { graphTable, growthTable, openLoadTable, scheduleTable } from './figures/more-tables.js';
import { idleTable, throughputTable } from './figures/table.js';
import { validityOf } from './figures/validity.js';
import { partsTable, Stopwatch } from './figures/parts.js';
import { benchOptions, type BenchOptions, type Workload } from './options.js';
import { planOf } from './plans.js';
import { startStack, type BenchStack } from './stack/installation.js';
import { hasProc } from './stack/usage.js';
import { calibrate } from './workloads/calibration.js';
import { measureGraph } from './workloads/graph.js';
import { measureGrowth } from './workloads/growth.js';
import { measureIdle, type IdlePlan } from './workloads/idle.js';
import { measureOpenLoad } from './workloads/open-load.js';
import { untilQuiet } from './workloads/quiet.js';
import { prepare } from './workloads/prepare.js';
import { measureSchedules } from './workloads/schedules.js';
import { measureThroughput } from './workloads/throughput.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** A part of the run, if it is asked for: shows what it found, and notes how long it took. */
type Measure = <T>(
  workload: Workload,
  work: () => T | Promise<T>,
  table: (found: T) => string,
) => Promise<T | null>;

const measuring =
  (workloads: ReadonlySet<Workload>, watch: Stopwatch): Measure =>
  async (workload, work, table) => {
    if (!workloads.has(workload)) return null;
    const found = await work();
    say(table(found));
    watch.end(workload);
    return found;
  };

async function measure(
  options: BenchOptions,
  stack: BenchStack,
  client: BenchClient,
  watch: Stopwatch,
): Promise<Figures> {
  const { quick, workloads } = options;
  const plan = planOf(options);
  const here = machine();
  const part = measuring(workloads, watch);
  const wanted = (['W1', 'W2', 'W3', 'W3 calls'] as const).filter((name) =>
    workloads.has(name.slice(0, 2) as 'W1'),
  );
  const idleWhen = async (when: IdlePlan['when']) =>
    plan.idle.when === when
      ? part(
          'W4',
          () => measureIdle(stack, plan.idle),
          (found) => idleTable(found, plan.idle),
        )
      : null;
  const calibration = async (when: string) => {
    const found = await calibrate(stack.calibration.relay, plan.calibration);
    watch.end(`calibration ${when}`);
    return { ...found, when };
  };

  const graph = await part('graph', () => measureGraph(plan.graphRepeats), graphTable);
  const idleBefore = await idleWhen('before any load');
  const { subjects, warmed } = await prepare(workloads, plan.warmUpMs, stack, client, say);
  watch.end('warm-up');
  const { first, againAfterMs } = plan.calibration;
  const before = first === 'before' ? await calibration(first) : null;
  const throughput = async () => {
    const measured = await measureThroughput(subjects, plan.throughput, wanted, stack.profiles);
    const summaries = summarise(measured);
    if (summaries.length > 0) say(throughputTable(summaries));
    watch.end('W1 to W3');
    const calibrated = before ?? (await calibration(first));
    const idle = idleBefore ?? (await idleWhen('after the load'));
    return { measured, summaries, calibrated, idle };
  };
  const early = plan.throughput.when === 'once warm' ? await throughput() : null;
  const openLoad = await part('W5', () => measureOpenLoad(client, stack.pids, plan.openLoad), openLoadTable);
  const schedules = await part('W7', () => measureSchedules(client, plan.schedules), scheduleTable);
  const { measured, summaries, calibrated, idle } = early ?? (await throughput());
  const growth = await part('W6', () => measureGrowth(stack, client, plan.growth), growthTable);
  const calibrations = [calibrated];
  if (againAfterMs !== null) {
    await untilQuiet(stack.pids, againAfterMs);
    watch.end('until quiet');
    calibrations.push(await calibration('after'));
  }
  for (const { when, W1, W2, W3 } of calibrations)
    say(`calibration ${when}: ${W1.toFixed(2)} ms per hop, ${Math.round(W2)} and ${Math.round(W3)} tasks/s`);
  const validity = validityOf(calibrations, here, [...warmed, ...(growth?.warmed ?? [])]);
  const at = new Date().toISOString();
  const { parts } = watch;
  return {
    at,
    quick,
    plan,
    parts,
    machine: here,
    validity,
    warmed,
    calibrations,
    graph,
    summaries,
    measured,
    idle,
    openLoad,
    growth,
    schedules,
  };
}

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2));
  if (!hasProc()) throw new Error('the bench reads CPU time and memory from /proc: it runs on Linux only');
  const watch = new Stopwatch();
  const stack = await startStack(options.profileDir);
  const client = new BenchClient(stack);
  watch.end('start');
  const stopped = (): void => {
    void stack.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopped);
  process.once('SIGTERM', stopped);
  let figures: Figures;
  const save = () => writeFileSync(options.jsonFile, `${JSON.stringify(figures, null, 1)}\n`);
  try {
    figures = await measure(options, stack, client, watch);
    mkdirSync(dirname(options.jsonFile), { recursive: true });
    save();
  } finally {
    await client.close().catch(() => undefined);
    await stack.stop();
  }
  watch.end('stop');
  // Once more: what was found was not to be lost if something had not stopped.
  figures = { ...figures, parts: watch.parts };
  save();
  const { valid, findings } = figures.validity;
  if (valid) for (const finding of findings) say(`note: ${finding}`);
  else say(`VOID: ${findings.join('; ')}`);
  say(partsTable(figures.parts));
  say(`figures: ${options.jsonFile}`);
}

await main();
