import type { Sample } from './measure.js';
import type { Subject } from './subjects.js';
import { RUNS, type ThroughputWorkload } from './throughput.js';

/** Least milliseconds of each workload in each round. */
export type Rounds = { readonly [workload in ThroughputWorkload]?: readonly number[] };

export interface Warmed {
  readonly subject: string;
  readonly seconds: number;
  /** False: the time was over before it was known. */
  readonly isSteady: boolean;
  readonly rounds: Rounds;
}

export interface WarmUpPlan {
  readonly subject: Subject<string>;
  readonly workloads: readonly ThroughputWorkload[];
}

/** As many rounds are compared with as many before them. */
export const COMPARED = 5;
const RISES = 1.05;
/** In a round; the better one counts. Ten rounds are 80,000 tasks, and V8 compiles for the first 20,000. */
const REPEATS: Readonly<Record<ThroughputWorkload, number>> = { W1: 1, W2: 2, W3: 2, 'W3 calls': 1 };

/** Whether the best of the last rounds is no more than 5 % faster than the best of those before them, in each workload. */
export function isSteady(rounds: Rounds): boolean {
  return Object.values(rounds).every((ms) => {
    if (ms.length < 2 * COMPARED) return false;
    const before = Math.min(...ms.slice(-2 * COMPARED, -COMPARED));
    return before <= Math.min(...ms.slice(-COMPARED)) * RISES;
  });
}

class WarmUp {
  private readonly ms: Map<ThroughputWorkload, number[]>;
  private seconds = 0;

  constructor(private readonly plan: WarmUpPlan) {
    this.ms = new Map(plan.workloads.map((workload) => [workload, []]));
  }

  get isSteady(): boolean {
    return isSteady(this.rounds);
  }

  private get rounds(): Rounds {
    return Object.fromEntries(this.ms);
  }

  async round(): Promise<void> {
    const began = performance.now();
    for (const workload of this.plan.workloads) {
      const samples: Sample[] = [];
      while (samples.length < REPEATS[workload]) samples.push(await RUNS[workload](this.plan.subject));
      const ms = Math.min(...samples.map((sample) => sample.ms));
      this.ms.set(workload, [...(this.ms.get(workload) ?? []), ms]);
    }
    this.seconds += (performance.now() - began) / 1_000;
  }

  get outcome(): Warmed {
    const { seconds, isSteady: steady, rounds } = this;
    return { subject: this.plan.subject.name, seconds, isSteady: steady, rounds };
  }
}

/**
 * Everybody does what is measured until that becomes no faster, in rounds of all who still do, each round in another order:
 * compilers (of the broker, too, which they share) and caches are warm then.
 * @param limitMs for all of them together: no round begins after it but the first one of each
 * @param first called when the first of the list has had its first round, before anybody else has
 */
export async function warmUp(
  plans: readonly WarmUpPlan[],
  limitMs: number,
  first?: () => Promise<void>,
): Promise<readonly Warmed[]> {
  const end = performance.now() + limitMs;
  const all = plans.filter(({ workloads }) => workloads.length > 0).map((plan) => new WarmUp(plan));
  const isTime = (): boolean => performance.now() < end;
  await all[0]?.round();
  await first?.();
  for (const one of all.slice(1)) await one.round();
  for (let left = all, shift = 0; left.length > 0 && isTime(); shift += 1) {
    const at = shift % left.length;
    for (const one of [...left.slice(at), ...left.slice(0, at)]) if (isTime()) await one.round();
    left = left.filter(({ isSteady }) => !isSteady);
  }
  return all.map(({ outcome }) => outcome);
}
