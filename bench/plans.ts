import type { CalibrationPlan } from './workloads/calibration.js';
import type { GrowthPlan } from './workloads/growth.js';
import type { IdlePlan } from './workloads/idle.js';
import type { OpenLoadPlan } from './workloads/open-load.js';
import type { SchedulesPlan } from './workloads/schedules.js';
import type { ThroughputPlan } from './workloads/throughput.js';

/** How much of everything a run of the bench does. */
export interface Plan {
  /** For everybody together; no round of the warm-up begins after it. */
  readonly warmUpMs: number;
  readonly calibration: CalibrationPlan;
  readonly graphRepeats: number;
  readonly throughput: ThroughputPlan;
  readonly idle: IdlePlan;
  readonly openLoad: OpenLoadPlan;
  readonly schedules: SchedulesPlan;
  readonly growth: GrowthPlan;
}

const WHOLE: Plan = {
  warmUpMs: 240_000,
  calibration: { first: 'before', againAfterMs: 180_000, passes: 4, warmUps: 3, repeats: 10 },
  graphRepeats: 5,
  throughput: { when: 'once warm', passes: 4, repeats: { W1: 20, W2: 5, W3: 5, 'W3 calls': 3 } },
  idle: { when: 'after the load', settleMs: 60_000, ms: 30_000 },
  openLoad: { kneeRuns: 2_500, kneeRepeats: 3, seconds: 60 },
  schedules: { schedules: 1_000, repeats: 5, warmUp: 'evenly and at once', leadMs: 4_000 },
  growth: {
    levels: [0, 100_000, 1_000_000],
    warmUpMs: 60_000,
    settleLimitMs: 20_000,
    warmUps: 4,
    chains: 20,
    repeats: 16,
    listings: 200,
  },
};

/**
 * Everything in about a minute; who is not steady by then is told. W1 to W3 and its one calibration come late: until then
 * nobody has compiled the coordinator and the broker.
 */
const QUICK: Plan = {
  warmUpMs: 10_000,
  calibration: { first: 'after W1 to W3', againAfterMs: null, passes: 4, warmUps: 1, repeats: 3 },
  graphRepeats: 3,
  throughput: { when: 'after W5 and W7', passes: 2, repeats: { W1: 2, W2: 2, W3: 2, 'W3 calls': 1 } },
  idle: { when: 'before any load', settleMs: 0, ms: 3_000 },
  openLoad: { kneeRuns: 500, kneeRepeats: 1, seconds: 1.5 },
  schedules: { schedules: 1_000, repeats: 1, warmUp: 'evenly', leadMs: 1_500 },
  growth: {
    levels: [0, 5_000],
    warmUpMs: 1_000,
    settleLimitMs: 0,
    warmUps: 0,
    chains: 2,
    repeats: 1,
    listings: 50,
  },
};

export interface Wishes {
  readonly quick: boolean;
  /** How often W1 to W3 are measured; null: as often as is usual. */
  readonly passes: number | null;
  /** Null: as long as is usual. */
  readonly warmUpMs: number | null;
}

export function planOf({ quick, passes, warmUpMs }: Wishes): Plan {
  const plan = quick ? QUICK : WHOLE;
  return {
    ...plan,
    warmUpMs: warmUpMs ?? plan.warmUpMs,
    throughput: { ...plan.throughput, passes: passes ?? plan.throughput.passes },
  };
}
