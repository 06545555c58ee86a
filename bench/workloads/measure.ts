import { setTimeout as delay } from 'node:timers/promises';
import { storedFigures } from '../client/database-facts.js';
import type { BenchClient } from '../client/client.js';
import type { Shape } from '../shapes.js';
import { cpuBetween, cpuOf, type Pids } from '../stack/processes.js';

const LIMIT_MS = 120_000;
const APPENDED_LIMIT_MS = 5_000;

/** One measurement of one workload. */
export interface Sample {
  readonly runs: number;
  readonly tasks: number;
  /** From the first request to the end of the last run. */
  readonly ms: number;
  /** Of each run, from its request to its end. */
  readonly latenciesMs: readonly number[];
  /** CPU time by process. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly historyRows: number;
}

export type Ask = 'bus' | 'http';

/** How long what was alike took the last time. */
const lastMs = new Map<string, number>();

/** Asks for `count` runs of the shape at once, waits for their ends, and checks that the database has all of them. */
export async function sampleOf(
  client: BenchClient,
  pids: Pids,
  shape: Shape,
  count: number,
  ask: Ask,
  server = 'bench',
): Promise<Sample> {
  const runs = Array.from({ length: count }, () => client.newRun());
  const task = `${server}.${shape.tasks[0].name}`;
  const kind = `${task} ${count} ${ask}`;
  const from = await client.log.end();
  const before = cpuOf(pids);
  const askedAt = Date.now();
  const asked = ask === 'bus' ? client.askOverBus(task, runs) : client.askOverHttp(task, runs);
  await Promise.all([asked, client.untilCompleted(runs, LIMIT_MS, lastMs.get(kind))]);
  const cpuMs = cpuBetween(before, cpuOf(pids));
  const ends = await finishTimes(client, runs, from);
  const { historyRows } = await storedFigures(client.pool, runs, shape.tasks.length);
  const ms = Math.max(...ends) - askedAt;
  lastMs.set(kind, ms);
  return {
    runs: count,
    tasks: count * shape.tasks.length,
    ms,
    latenciesMs: ends.map((end) => end - askedAt),
    cpuMs,
    historyRows,
  };
}

/** When each run's end was appended to the log. @throws Error when one is not there */
export async function finishTimes(
  client: BenchClient,
  runs: readonly string[],
  from: Awaited<ReturnType<BenchClient['log']['end']>>,
): Promise<number[]> {
  const limit = performance.now() + APPENDED_LIMIT_MS;
  for (;;) {
    const finished = await client.log.finishedSince(from);
    const ends = runs.flatMap((run) => finished.get(run) ?? []);
    if (ends.length === runs.length) return ends;
    if (performance.now() > limit) throw new Error(`${runs.length - ends.length} runs have no run.finished`);
    await delay(100);
  }
}
