import type { Calibration } from '../workloads/calibration.js';
import type { Machine } from './machine.js';

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

/**
 * A run in which the relay is slower than it can be on this class of machine, before or after, says nothing: something
 * else ran beside it. One that is faster is no fault of the run.
 */
export function validityOf(calibrations: readonly Calibration[], { isReference }: Machine): Validity {
  if (!isReference) {
    const finding = 'not the machine class of the reference figures: only the ratios can be compared';
    return { valid: true, findings: [finding] };
  }
  const findings = calibrations.flatMap((found, at) =>
    (Object.keys(REFERENCE) as (keyof Calibration)[]).flatMap((workload) => {
      const change = found[workload] / REFERENCE[workload] - 1;
      const slower = workload === 'W1' ? change : -change;
      if (slower <= TOLERANCE) return [];
      const when = at === 0 ? 'before' : 'after';
      const text = `${found[workload].toFixed(2)}, ${Math.round(slower * 100)} % slower than its ${REFERENCE[workload]}`;
      return [`${workload} of relay + commit with one partition and 300 bytes is ${text} (${when})`];
    }),
  );
  return { valid: findings.length === 0, findings };
}
