import type { Fault } from '../checker/evidence.js';
import type { Random } from '../../simulation/world/random.js';
import { KINDS, type Kind } from './kinds.js';

export interface PlannedFault {
  readonly kind: Kind;
  /** Which of those that it can befall: modulo their number. */
  readonly target: number;
  /** After the one before is over. */
  readonly pauseMs: number;
  readonly lengthMs: number;
}

export interface DoneFault extends Fault {
  readonly kind: Kind;
}

const PAUSE_MS = { least: 2_000, most: 6_000 };

/** Every kind in turn, in an order of its own each round, for at least so long. */
export function planFaults(random: Random, forMs: number, kinds: readonly Kind[] = ALL): PlannedFault[] {
  const planned: PlannedFault[] = [];
  for (let totalMs = 0; totalMs < forMs;) {
    for (const kind of random.shuffled(kinds)) {
      const pauseMs = random.between(PAUSE_MS.least, PAUSE_MS.most);
      const { least, most } = KINDS[kind].lengthMs;
      const lengthMs = random.between(least, most);
      if (totalMs < forMs) planned.push({ kind, target: random.between(0, 5), pauseMs, lengthMs });
      totalMs += pauseMs + lengthMs;
    }
  }
  return planned;
}

export const ALL = Object.keys(KINDS) as Kind[];

/** As it is printed: the same for the same seed. */
export const described = ({ kind, target, pauseMs, lengthMs }: PlannedFault): string =>
  `after ${pauseMs} ms: ${kind} (${target}) for ${lengthMs} ms`;
