import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchClient } from './client/client.js';
import type { Figures } from './figures/figures.js';
import { machine } from './figures/machine.js';
import { summarise } from './figures/summary.js';
import { graphTable, growthTable, openLoadTable, scheduleTable } from './figures/more-tables.js';
import { idleTable, throughputTable } from './figures/table.js';
import { validityOf } from './figures/validity.js';
import { benchOptions, type BenchOptions } from './options.js';
import { startStack, type BenchStack } from './stack/installation.js';
import { hasProc } from './stack/usage.js';
import { calibrate } from './workloads/calibration.js';
import { measureGraph } from './workloads/graph.js';
import { measureGrowth } from './workloads/growth.js';
import { measureIdle } from './workloads/idle.js';
import { measureOpenLoad } from './workloads/open-load.js';
import { untilQuiet } from './workloads/quiet.js';
import { prepare } from './workloads/prepare.js';
import { measureSchedules } from './workloads/schedules.js';
import { measureThroughput, type ThroughputWorkload } from './workloads/throughput.js';

const REPEATS: Readonly<Record<ThroughputWorkload, number>> = { W1: 20, W2: 5, W3: 5, 'W3 calls': 3 };
const QUICK_REPEATS: typeof REPEATS = { W1: 10, W2: 3, W3: 3, 'W3 calls': 2 };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function measure(options: BenchOptions, stack: BenchStack, client: BenchClient): Promise<Figures> {
  const { quick, workloads } = options;
  const here = machine();
  const wanted = (['W1', 'W2', 'W3', 'W3 calls'] as const).filter((name) =>
    workloads.has(name.slice(0, 2) as 'W1'),
  );
  const graph = workloads.has('graph') ? measureGraph() : null;
  if (graph) say(graphTable(graph));
  const { subjects, warmed } = await prepare(options, stack, client, say);
  const calibrations = [await calibrate(stack.calibration.relay, quick ? 3 : 10)];
  const plan = { passes: options.passes, repeats: quick ? QUICK_REPEATS : REPEATS };
  const measured = await measureThroughput(subjects, plan, wanted, stack.profiles);
  const summaries = summarise(measured);
  if (summaries.length > 0) say(throughputTable(summaries));
  const idlePlan = quick ? { settleMs: 48_000, ms: 10_000 } : { settleMs: 60_000, ms: 30_000 };
  const idle = workloads.has('W4') ? await measureIdle(stack, idlePlan) : null;
  if (idle) say(idleTable(idle));
  const loadPlan = quick
    ? { kneeRuns: 1_000, kneeRepeats: 1, seconds: 5 }
    : { kneeRuns: 2_500, kneeRepeats: 3, seconds: 60 };
  const openLoad = workloads.has('W5') ? await measureOpenLoad(client, stack.pids, loadPlan) : null;
  if (openLoad) say(openLoadTable(openLoad));
  const schedulesPlan = { schedules: 1_000, repeats: quick ? 1 : 5 };
  const schedules = workloads.has('W7') ? await measureSchedules(client, schedulesPlan) : null;
  if (schedules) say(scheduleTable(schedules));
  const growthPlan = quick
    ? { levels: [0, 20_000], chains: 3, repeats: 1 }
    : { levels: [0, 100_000, 1_000_000], chains: 20, repeats: 5 };
  const growth = workloads.has('W6') ? await measureGrowth(stack, client, subjects, growthPlan) : null;
  if (growth) say(growthTable(growth));
  await untilQuiet(stack.pids);
  calibrations.push(await calibrate(stack.calibration.relay, quick ? 3 : 10));
  for (const { W1, W2, W3 } of calibrations)
    say(`calibration: ${W1.toFixed(2)} ms per hop, ${Math.round(W2)} and ${Math.round(W3)} tasks/s`);
  const validity = validityOf(calibrations, here);
  const at = new Date().toISOString();
  return {
    at,
    quick,
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
  const stack = await startStack(options.profileDir);
  const client = new BenchClient(stack);
  const stopped = (): void => {
    void stack.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopped);
  process.once('SIGTERM', stopped);
  try {
    const figures = await measure(options, stack, client);
    mkdirSync(dirname(options.jsonFile), { recursive: true });
    writeFileSync(options.jsonFile, `${JSON.stringify(figures, null, 1)}\n`);
    for (const finding of figures.validity.findings)
      say(`${figures.validity.valid ? 'note' : 'VOID'}: ${finding}`);
    say(`figures: ${options.jsonFile}`);
  } finally {
    await client.close().catch(() => undefined);
    await stack.stop();
  }
}

await main();
