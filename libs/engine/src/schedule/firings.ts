import type { CatchUp, Overlap } from '@cordyna/protocol/model';

/** A due time that is settled within this is on time: `none` runs it, if it is the newest. */
export const ON_TIME_MS = 10_000;
/** Firings that wait for the run before them, at most. */
export const MAX_WAITING = 1_000;

export interface FiringRules {
  readonly overlap: Overlap;
  readonly catchUp: CatchUp;
  /** Of `all`: so many of the newest due times run. */
  readonly catchUpLimit: number;
}

export interface FiringState {
  /** Due times up to now that are not settled, the oldest first. */
  readonly due: readonly number[];
  /** Newer ones than these are due as well: which ones are the newest is not known. */
  readonly isCut: boolean;
  /** Due times that wait for the run before them, the oldest first. */
  readonly waiting: readonly number[];
  /** Is the run of the last firing unfinished? */
  readonly isOpen: boolean;
  readonly now: number;
}

export interface Settled {
  readonly scheduledFor: number;
  /** `cancel-and-run` ends the run of the firing before. */
  readonly outcome: 'run' | 'cancel-and-run' | 'skipped' | 'missed';
  readonly reason: string | null;
}

export interface FiringPlan {
  /** Missed ones first; then those that waited, then the others, in the order of their due times. */
  readonly settled: readonly Settled[];
  readonly waiting: readonly number[];
  /** All due times up to this one are settled or wait; null when none is. */
  readonly until: number | null;
}

const NEWER_DUE = 'a newer firing was due already';
const TOO_LATE = `more than ${ON_TIME_MS / 1_000} s late`;
const OPEN = 'the run of the previous firing is unfinished';

/** Which due times run by the rule for what was missed; the others with the reason. */
function caughtUp({ due, isCut, now }: FiringState, rules: FiringRules) {
  const limit = rules.catchUp === 'all' ? rules.catchUpLimit : 1;
  // The newest may be among those that were cut off: then all that can be said is that these are not.
  const known = isCut ? due.slice(0, Math.max(0, due.length - limit)) : due;
  const first = isCut ? known.length : Math.max(0, known.length - limit);
  const missed = known.slice(0, first).map((scheduledFor): Settled => ({
    ...{ scheduledFor, outcome: 'missed', reason: NEWER_DUE },
  }));
  const newest = known.slice(first);
  if (rules.catchUp !== 'none') return { missed, toRun: newest, until: known.at(-1) ?? null };
  const late = newest.filter((at) => now - at > ON_TIME_MS);
  const tooLate = late.map((scheduledFor): Settled => ({
    scheduledFor,
    outcome: 'missed',
    reason: TOO_LATE,
  }));
  const toRun = newest.filter((at) => now - at <= ON_TIME_MS);
  return { missed: [...missed, ...tooLate], toRun, until: known.at(-1) ?? null };
}

/**
 * Settles the due times of a schedule, each exactly once: first the rule for what was missed says which of them run, then
 * the rule for overlaps what becomes of each. Rules as in docs/schedules.md.
 */
export function planFirings(state: FiringState, rules: FiringRules): FiringPlan {
  const { missed, toRun, until } = caughtUp(state, rules);
  const settled: Settled[] = [...missed];
  const waiting: number[] = [];
  let isOpen = state.isOpen;
  for (const scheduledFor of [...state.waiting, ...toRun]) {
    const outcome = outcomeOf(rules.overlap, isOpen, waiting.length);
    if (outcome === 'waiting') {
      waiting.push(scheduledFor);
      continue;
    }
    const reason = outcome === 'skipped' ? OPEN : null;
    settled.push({ scheduledFor, outcome, reason });
    if (outcome !== 'skipped') isOpen = true;
  }
  return { settled, waiting, until };
}

function outcomeOf(overlap: Overlap, isOpen: boolean, waiting: number): Settled['outcome'] | 'waiting' {
  if (!isOpen || overlap === 'allow') return 'run';
  if (overlap === 'cancel-running') return 'cancel-and-run';
  const room = { skip: 0, 'buffer-one': 1, queue: MAX_WAITING }[overlap];
  return waiting < room ? 'waiting' : 'skipped';
}
