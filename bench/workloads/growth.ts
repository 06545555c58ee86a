import { BenchClient } from '../client/client.js';
import { midmean, type Spread } from '../figures/percentiles.js';
import { LARGE, SINGLE } from '../shapes.js';
import type { BenchStack } from '../stack/installation.js';
import { fill, replayCheck } from './filler.js';
import { measureLargeRun, type LargeRun } from './large-run.js';
import { measureListing } from './listing.js';
import type { Sample } from './measure.js';
import { untilQuiet } from './quiet.js';
import { cordynaOf, type Subject } from './subjects.js';
import { hopMs, RUNS, tasksPerSecond, type ThroughputWorkload } from './throughput.js';
import { warmUp, type Warmed } from './warm-up.js';

const WORKLOADS = ['W1', 'W2', 'W3'] as const;

export interface GrowthPlan {
  /** Finished runs in the database, rising. */
  readonly levels: readonly number[];
  /** Of the one that does not grow, which is started for this. */
  readonly warmUpMs: number;
  /** What filling them in has left is done before the level is measured, or has had so long. */
  readonly settleLimitMs: number;
  /** Rounds of all shapes at each level that do not count: a coordinator that rested while runs were filled in begins slowly. */
  readonly warmUps: number;
  readonly chains: number;
  readonly repeats: number;
  /** Requests of each kind of listing. */
  readonly listings: number;
}

/** Means of the middle half. */
export interface Speed {
  readonly hopMs: number;
  readonly fanTasksPerSecond: number;
  readonly diamondTasksPerSecond: number;
}

export interface GrowthLevel extends Speed {
  readonly what: string;
  /** The one that does not grow, in turns with it: whatever the machine does, it does to both. */
  readonly empty: Speed;
  /** Of the last level. */
  readonly listingMs: Readonly<Record<string, Spread>> | null;
}

export interface GrowthFigures {
  readonly levels: readonly GrowthLevel[];
  readonly replayed: number;
  readonly largeRun: LargeRun;
  /** The warm-up of the one that does not grow. */
  readonly warmed: readonly Warmed[];
}

/** W6: what grows must not slow down what is new. It is compared with an installation beside it that does not grow. */
export async function measureGrowth(
  stack: BenchStack,
  client: BenchClient,
  plan: GrowthPlan,
): Promise<GrowthFigures> {
  const installation = await stack.startAnother('empty');
  const emptyClient = new BenchClient(installation);
  try {
    const empty = cordynaOf('empty', installation, emptyClient);
    const warmed = await warmUp([{ subject: empty, workloads: WORKLOADS }], plan.warmUpMs);
    return { ...(await grow(stack, client, empty, plan)), warmed };
  } finally {
    await emptyClient.close();
    await installation.stop();
  }
}

async function grow(
  stack: BenchStack,
  client: BenchClient,
  empty: Subject<string>,
  plan: GrowthPlan,
): Promise<Omit<GrowthFigures, 'warmed'>> {
  const growing = cordynaOf('cordyna', stack, client);
  const template = client.newRun();
  await client.askOverBus(`bench.${SINGLE.tasks[0].name}`, [template]);
  await client.untilCompleted([template], 30_000);
  const levels: GrowthLevel[] = [];
  let filled = 0;
  for (const count of plan.levels) {
    await fill(client.pool, template, filled + 1, count);
    filled = Math.max(filled, count);
    if (count > 0) await settle(stack, client, plan);
    const speeds = await speedsOf(growing, empty, plan);
    const listed = count === plan.levels.at(-1);
    const listingMs = listed ? await measureListing(client, plan.listings) : null;
    levels.push({ what: `${count.toLocaleString('en')} finished runs`, ...speeds, listingMs });
  }
  const replayed = filled > 0 ? await replayCheck(client.pool, template) : 0;
  const server = await stack.startTaskServer('large', ['large'], LARGE.tasks.length);
  const what = `${LARGE.tasks.length.toLocaleString('en')} more declared tasks`;
  levels.push({ what, ...(await speedsOf(growing, empty, plan)), listingMs: null });
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

async function speedsOf(
  growing: Subject<string>,
  empty: Subject<string>,
  { warmUps, chains, repeats }: GrowthPlan,
): Promise<Speed & { readonly empty: Speed }> {
  const sides = [growing, empty];
  for (let round = 0; round < warmUps; round += 1)
    for (const workload of WORKLOADS) await inTurns(sides, workload, 2);
  const hops = (await inTurns(sides, 'W1', chains)).map((samples) => midmean(samples.map(hopMs)));
  const rateOf = (samples: readonly Sample[]): number => midmean(samples.map(tasksPerSecond));
  const fans = (await inTurns(sides, 'W2', repeats)).map(rateOf);
  const diamonds = (await inTurns(sides, 'W3', repeats)).map(rateOf);
  const speed = (at: number): Speed => ({
    hopMs: hops[at] ?? Number.NaN,
    fanTasksPerSecond: fans[at] ?? Number.NaN,
    diamondTasksPerSecond: diamonds[at] ?? Number.NaN,
  });
  return { ...speed(0), empty: speed(1) };
}

/** So often each, in turns; who is first is another one each time. */
async function inTurns(
  sides: readonly Subject<string>[],
  workload: ThroughputWorkload,
  repeats: number,
): Promise<readonly (readonly Sample[])[]> {
  const all = sides.map((subject) => ({ subject, samples: [] as Sample[] }));
  for (let at = 0; at < repeats; at += 1) {
    const order = at % 2 === 0 ? all : [...all].reverse();
    for (const { subject, samples } of order) samples.push(await RUNS[workload](subject));
  }
  return all.map(({ samples }) => samples);
}
