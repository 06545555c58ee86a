import { setTimeout as delay } from 'node:timers/promises';
import type { BenchClient } from '../client/client.js';
import { storedFigures } from '../client/database-facts.js';
import { median, spreadOf, type Spread } from '../figures/percentiles.js';
import { DIAMOND } from '../shapes.js';
import { cpuBetween, cpuOf, type Pids } from '../stack/processes.js';
import { finishTimes, sampleOf } from './measure.js';
import { tasksPerSecond } from './throughput.js';

export interface OpenLoadPlan {
  /** Diamonds that are asked for at once to find the knee, and how often. */
  readonly kneeRuns: number;
  readonly kneeRepeats: number;
  readonly seconds: number;
}

export interface OpenLoadLevel {
  readonly shareOfKnee: number;
  readonly tasksPerSecond: number;
  readonly seconds: number;
  readonly runs: number;
  /** From the moment at which the run was due to be asked for, whether or not the client was late. */
  readonly latencyMs: Spread;
  readonly cpuMsPerTask: Readonly<Record<string, number>>;
}

export interface OpenLoadFigures {
  /** Tasks per second when more is there than can be done. */
  readonly kneeTasksPerSecond: number;
  readonly levels: readonly OpenLoadLevel[];
}

const SHARES = [0.25, 0.5, 0.75] as const;
const TICK_MS = 10;
const LIMIT_MS = 60_000;
const TASKS = DIAMOND.tasks.length;

/** W5: diamonds at a steady rate that does not wait for answers. */
export async function measureOpenLoad(
  client: BenchClient,
  pids: Pids,
  { kneeRuns, kneeRepeats, seconds }: OpenLoadPlan,
): Promise<OpenLoadFigures> {
  const saturated: number[] = [];
  for (let at = 0; at < kneeRepeats; at++) {
    saturated.push(tasksPerSecond(await sampleOf(client, pids, DIAMOND, kneeRuns, 'bus')));
  }
  const kneeTasksPerSecond = median(saturated);
  const levels: OpenLoadLevel[] = [];
  for (const share of SHARES)
    levels.push(await level(client, pids, share, kneeTasksPerSecond * share, seconds));
  return { kneeTasksPerSecond, levels };
}

async function level(
  client: BenchClient,
  pids: Pids,
  shareOfKnee: number,
  rate: number,
  seconds: number,
): Promise<OpenLoadLevel> {
  const count = Math.max(1, Math.round((rate / TASKS) * seconds));
  const from = await client.log.end();
  const before = cpuOf(pids);
  const startMs = Date.now();
  const dueAt = (n: number): number => startMs + (n * seconds * 1_000) / count;
  const runs: string[] = [];
  const asked: Promise<void>[] = [];
  while (runs.length < count) {
    const due: string[] = [];
    while (runs.length + due.length < count && dueAt(runs.length + due.length) <= Date.now())
      due.push(client.newRun());
    if (due.length > 0) asked.push(client.askOverBus(`bench.${DIAMOND.tasks[0].name}`, due));
    runs.push(...due);
    await delay(TICK_MS);
  }
  await Promise.all(asked);
  await client.untilCompleted(runs, LIMIT_MS);
  const cpu = cpuBetween(before, cpuOf(pids));
  const ends = await finishTimes(client, runs, from);
  await storedFigures(client.pool, runs, TASKS);
  return {
    shareOfKnee,
    tasksPerSecond: rate,
    seconds,
    runs: count,
    latencyMs: spreadOf(ends.map((end, n) => end - dueAt(n))),
    cpuMsPerTask: Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, ms / (count * TASKS)])),
  };
}
