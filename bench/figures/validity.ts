import type { Calibrated, Calibration } from '../workloads/calibration.js';
import type { Warmed } from '../workloads/warm-up.js';
import type { Machine } from './machine.js';
import { roundsOf } from './warm-up-table.js';

/**
 * What the relay with commit does on the reference machine when nothing else runs there, with one partition and messages
 * of 300 bytes. The baselines beside Cordyna have its partitions and its messages instead, and do less.
 */
const REFERENCE: Calibration = { W1: 1.86, W2: 21_300, W3: 26_400 };
const TOLERANCE = 0.25;

export interface Validity {
  readonly valid: boolean;
  readonly findings: readonly string[];
}

function unsteady(warmed: readonly Warmed[]): string[] {
  const names = warmed.flatMap((one) => (one.isSteady ? [] : `${one.subject} (${roundsOf(one)})`));
  return names.length === 0 ? [] : [`not steady when the warm-up ended: ${names.join(', ')}`];
}

/**
 * A run in which the relay is slower than it can be on this class of machine, whenever it is asked, says nothing: something
 * else ran beside it. One that is faster is no fault of the run. Who was not steady is told, and makes nothing void.
 */
export function validityOf(
  calibrations: readonly Calibrated[],
  { isReference }: Machine,
  warmed: readonly Warmed[],
): Validity {
  const notes = unsteady(warmed);
  if (!isReference) {
    const finding = 'not the machine class of the reference figures: only the ratios can be compared';
    return { valid: true, findings: [finding, ...notes] };
  }
  const slow = calibrations.flatMap((found) =>
    (Object.keys(REFERENCE) as (keyof Calibration)[]).flatMap((workload) => {
      const change = found[workload] / REFERENCE[workload] - 1;
      const slower = workload === 'W1' ? change : -change;
      if (slower <= TOLERANCE) return [];
      const text = `${found[workload].toFixed(2)}, ${Math.round(slower * 100)} % slower than its ${REFERENCE[workload]}`;
      return [`${workload} of relay + commit with one partition and 300 bytes is ${text} (${found.when})`];
    }),
  );
  return { valid: slow.length === 0, findings: [...slow, ...notes] };
}
