import type { Calibrated } from '../workloads/calibration.js';
import type { GraphFigures } from '../workloads/graph.js';
import type { GrowthFigures } from '../workloads/growth.js';
import type { IdleFigures } from '../workloads/idle.js';
import type { OpenLoadFigures } from '../workloads/open-load.js';
import type { ScheduleFigures } from '../workloads/schedules.js';
import type { Measured } from '../workloads/throughput.js';
import type { Warmed } from '../workloads/warm-up.js';
import type { Plan } from '../plans.js';
import type { Machine } from './machine.js';
import type { Part } from './parts.js';
import type { WorkloadSummary } from './summary.js';
import type { Validity } from './validity.js';

/** Everything that one bench run found, as it is written to its JSON file; null: it was not asked for. */
export interface Figures {
  /** RFC 3339 */
  readonly at: string;
  readonly quick: boolean;
  readonly plan: Plan;
  readonly parts: readonly Part[];
  readonly machine: Machine;
  readonly validity: Validity;
  readonly warmed: readonly Warmed[];
  readonly calibrations: readonly Calibrated[];
  readonly graph: GraphFigures | null;
  readonly summaries: readonly WorkloadSummary[];
  readonly measured: readonly Measured[];
  readonly idle: IdleFigures | null;
  readonly openLoad: OpenLoadFigures | null;
  readonly growth: GrowthFigures | null;
  readonly schedules: ScheduleFigures | null;
}
