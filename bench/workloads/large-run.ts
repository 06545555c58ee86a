import type { BenchClient } from '../client/client.js';
import { median } from '../figures/percentiles.js';
import { CHAIN, CHAIN_LENGTH, FAN, LARGE } from '../shapes.js';
import type { BenchStack } from '../stack/installation.js';
import { sampleOf } from './measure.js';
import { hopMs, tasksPerSecond } from './throughput.js';

/** Medians. */
export interface LargeRun {
  /** From the request to the end of the first task: a run of 10,000 tasks is made. */
  readonly beginMs: number;
  /** Of its chain of 50, which comes first. */
  readonly hopMs: number;
  /** Of all the others at once, which come behind that. */
  readonly tasksPerSecond: number;
  /** The same of runs of 50 and of 1,002 tasks, in turns with it. */
  readonly small: { readonly hopMs: number; readonly tasksPerSecond: number };
}

export interface LargeRunPlan {
  /** Rounds that do not count: nobody has heard of the large server's process before, nor it of anything. */
  readonly warmUps: number;
  readonly repeats: number;
}

/** W6 within one run of 10,000 tasks: what one run grows to must not slow down its tasks. */
export async function measureLargeRun(
  stack: BenchStack,
  client: BenchClient,
  { warmUps, repeats }: LargeRunPlan,
): Promise<LargeRun> {
  const rounds: LargeRun[] = [];
  for (let at = -warmUps; at < repeats; at++) {
    const chain = await sampleOf(client, stack.pids, CHAIN, 1, 'bus');
    const large = await largeRun(stack, client);
    const fan = await sampleOf(client, stack.pids, FAN, 1, 'bus');
    if (at >= 0)
      rounds.push({ ...large, small: { hopMs: hopMs(chain), tasksPerSecond: tasksPerSecond(fan) } });
  }
  const middle = (of: (round: LargeRun) => number): number => median(rounds.map(of));
  return {
    beginMs: middle(({ beginMs }) => beginMs),
    hopMs: middle((round) => round.hopMs),
    tasksPerSecond: middle((round) => round.tasksPerSecond),
    small: {
      hopMs: middle(({ small }) => small.hopMs),
      tasksPerSecond: middle(({ small }) => small.tasksPerSecond),
    },
  };
}

async function largeRun(stack: BenchStack, client: BenchClient): Promise<Omit<LargeRun, 'small'>> {
  const askedAt = Date.now();
  const sample = await sampleOf(client, stack.pids, LARGE, 1, 'bus', 'large');
  const endOf = async (task: string | undefined): Promise<number> => {
    const { rows } = await client.pool.query<{ at: number }>(
      `SELECT extract(epoch FROM completed_at)::float8 * 1000 AS at FROM freshness WHERE task = $1`,
      [`large.${task}`],
    );
    return rows[0]?.at ?? Number.NaN;
  };
  const begunAt = await endOf(LARGE.tasks[0].name);
  const chainedAt = await endOf(LARGE.tasks[CHAIN_LENGTH - 1]?.name);
  return {
    beginMs: begunAt - askedAt,
    hopMs: (chainedAt - begunAt) / (CHAIN_LENGTH - 1),
    tasksPerSecond: ((LARGE.tasks.length - CHAIN_LENGTH) / (askedAt + sample.ms - chainedAt)) * 1_000,
  };
}
