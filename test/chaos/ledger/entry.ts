import type { Violation } from '../checker/verdict.js';
import type { Figures } from '../checker/check.js';
import type { Session, SessionOptions } from '../session.js';

/** One line of docs/reliability/sessions.jsonl: what a session printed. */
export interface Entry extends Figures {
  readonly seed: number;
  readonly seconds: number;
  /** Runs that were asked for, in the mean. */
  readonly perSecond: number;
  readonly coordinators: number;
  readonly faults: readonly { readonly kind: string; readonly recoveryMs: number }[];
  readonly duplicates: number;
  /** Processes that ended by themselves and were started again. */
  readonly ownEnds: number;
  readonly lost: number;
  readonly duplicateInvokes: number;
  readonly doubleApplications: number;
  readonly falseTimeouts: number;
  readonly stuck: number;
  readonly violations: number;
}

type Planned = Pick<SessionOptions, 'seed' | 'troubleMs' | 'perSecond' | 'coordinators'>;

export function entryOf(
  { report, duplicates, ownEnds }: Session,
  { seed, troubleMs, perSecond, coordinators }: Planned,
): Entry {
  const count = (what: Violation['counts']): number =>
    report.violations.filter(({ counts }) => counts === what).length;
  return {
    ...{ seed, seconds: troubleMs / 1_000, perSecond, coordinators, ...report.figures },
    faults: report.recoveries.map(({ kind, ms }) => ({ kind, recoveryMs: ms })),
    ...{ duplicates, ownEnds },
    lost: count('lost'),
    duplicateInvokes: count('duplicate invokes'),
    doubleApplications: count('double applications'),
    falseTimeouts: count('false timeouts'),
    stuck: count('stuck'),
    violations: report.violations.length,
  };
}
