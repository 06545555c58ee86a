import type { Machine } from './machine.js';
import type { WorkloadSummary } from './summary.js';

/** What the relay with commit does on the reference machine when nothing else runs there. */
const REFERENCE = { W1: 1.86, W2: 21_300, W3: 26_400 } as const;
const TOLERANCE = 0.25;

export interface Validity {
  readonly valid: boolean;
  readonly findings: readonly string[];
}

/** A run whose baselines are not what they should be on this class of machine says nothing: something else ran beside it. */
export function validityOf(summaries: readonly WorkloadSummary[], { isReference }: Machine): Validity {
  if (!isReference) {
    const finding = 'not the machine class of the reference figures: only the ratios can be compared';
    return { valid: true, findings: [finding] };
  }
  const findings = Object.entries(REFERENCE).flatMap(([workload, expected]) => {
    const found = summaries.find((one) => one.workload === workload && one.subject === 'commit');
    const actual = found?.hopMs?.p50 ?? found?.tasksPerSecond;
    if (actual == null || Math.abs(actual / expected - 1) <= TOLERANCE) return [];
    const off = Math.round((actual / expected - 1) * 100);
    return [`${workload} of relay + commit is ${actual.toFixed(2)}, ${off} % off its ${expected}`];
  });
  return { valid: findings.length === 0, findings };
}
