import type { BenchClient } from '../client/client.js';
import { median, type Spread } from '../figures/percentiles.js';
import { CHAIN, DIAMOND, FAN, LARGE, SINGLE } from '../shapes.js';
import type { BenchStack } from '../stack/installation.js';
import { fill, replayCheck } from './filler.js';
import { measureLargeRun, type LargeRun } from './large-run.js';
import { measureListing } from './listing.js';
import { sampleOf } from './measure.js';
import { untilQuiet } from './quiet.js';
import type { Subject } from './subjects.js';
import { DIAMONDS, hopMs, tasksPerSecond } from './throughput.js';

export interface GrowthPlan {
  /** Finished runs in the database, rising. */
  readonly levels: readonly number[];
  /** What filling them in has left is done before the level is measured, or has had so long. */
  readonly settleLimitMs: number;
  /** Rounds of all shapes at each level that do not count: a coordinator that rested while runs were filled in begins slowly. */
  readonly warmUps: number;
  readonly chains: number;
  readonly repeats: number;
  /** Requests of each kind of listing. */
  readonly listings: number;
}

export interface GrowthLevel {
  readonly what: string;
  readonly hopMs: number;
  readonly fanTasksPerSecond: number;
  readonly diamondTasksPerSecond: number;
  /** The relay with commit, beside it: what the machine itself did meanwhile. */
  readonly commitHopMs: number;
  readonly commitTasksPerSecond: number;
  /** Of the last level. */
  readonly listingMs: Readonly<Record<string, Spread>> | null;
}

export interface GrowthFigures {
  readonly levels: readonly GrowthLevel[];
  readonly replayed: number;
  readonly largeRun: LargeRun;
}

/** W6: what grows must not slow down what is new. */
export async function measureGrowth(
  stack: BenchStack,
  client: BenchClient,
  subjects: readonly Subject[],
  plan: GrowthPlan,
): Promise<GrowthFigures> {
  const template = client.newRun();
  await client.askOverBus(`bench.${SINGLE.tasks[0].name}`, [template]);
  await client.untilCompleted([template], 30_000);
  const levels: GrowthLevel[] = [];
  let filled = 0;
  for (const count of plan.levels) {
    await fill(client.pool, template, filled + 1, count);
    filled = Math.max(filled, count);
    if (count > 0) await settle(stack, client, plan);
    levels.push(
      await level(
        `${count.toLocaleString('en')} finished runs`,
        stack,
        client,
        subjects,
        plan,
        count === plan.levels.at(-1),
      ),
    );
  }
  const replayed = filled > 0 ? await replayCheck(client.pool, template) : 0;
  const server = await stack.startTaskServer('large', ['large'], LARGE.tasks.length);
  const declared = `${LARGE.tasks.length.toLocaleString('en')} more declared tasks`;
  levels.push(await level(declared, stack, client, subjects, plan, false));
  const largeRun = await measureLargeRun(stack, client, plan);
  await server.stop();
  return { levels, replayed, largeRun };
}

/** Runs do not come a million at once: what that leaves to be written and cleaned is done before anything is measured. */
async function settle(stack: BenchStack, client: BenchClient, { settleLimitMs }: GrowthPlan): Promise<void> {
  await client.pool.query('VACUUM ANALYZE');
  await client.pool.query('CHECKPOINT');
  if (settleLimitMs > 0) await untilQuiet(stack.pids, settleLimitMs);
}

async function level(
  what: string,
  stack: BenchStack,
  client: BenchClient,
  subjects: readonly Subject[],
  { warmUps, chains, repeats, listings }: GrowthPlan,
  withListing: boolean,
): Promise<GrowthLevel> {
  const commit = subjects.find(({ name }) => name === 'commit') as Subject;
  const { pids } = stack;
  const chain = async () => hopMs(await sampleOf(client, pids, CHAIN, 1, 'bus'));
  const commitChain = async () => hopMs(await commit.run('chain', 1, 'batch'));
  const fan = async () => tasksPerSecond(await sampleOf(client, pids, FAN, 1, 'bus'));
  const diamond = async () => tasksPerSecond(await sampleOf(client, pids, DIAMOND, DIAMONDS, 'bus'));
  const commitDiamond = async () => tasksPerSecond(await commit.run('diamond', DIAMONDS, 'batch'));
  await chain();
  await inTurns(warmUps, [chain, chain, commitChain, fan, fan, diamond, commitDiamond]);
  const [hop = Number.NaN, commitHop = Number.NaN] = await inTurns(chains, [chain, commitChain]);
  const rates = await inTurns(repeats, [fan, diamond, commitDiamond]);
  const [fans = Number.NaN, diamonds = Number.NaN, commitDiamonds = Number.NaN] = rates;
  return {
    what,
    hopMs: hop,
    commitHopMs: commitHop,
    fanTasksPerSecond: fans,
    diamondTasksPerSecond: diamonds,
    commitTasksPerSecond: commitDiamonds,
    listingMs: withListing ? await measureListing(client, listings) : null,
  };
}

/** The median of each, one after the other and then from the first again: whatever the machine does, it does to all. */
async function inTurns(rounds: number, all: readonly (() => Promise<number>)[]): Promise<readonly number[]> {
  const values = all.map((): number[] => []);
  for (let at = 0; at < rounds; at++)
    for (const [which, one] of all.entries()) values[which]?.push(await one());
  return values.map(median);
}
