import type { HistoryRow, Run, TaskRun } from '@cordyna/engine';
import type { RunWork } from './server-work.js';

/** A run as a batch reads and changes it. */
export interface WorkingRun {
  run: Run;
  /** Of a large one, once something about it is decided. */
  work: RunWork | null;
  readonly expectedVersion: number | null;
  readonly contentHash: string;
  /** As it was before this batch; null of a new one. */
  readonly before: Run | null;
  /** Some of them more than once. */
  readonly touched: number[];
  readonly rows: HistoryRow[];
}

/** @param expectedVersion null: it is new */
export const workingRun = (run: Run, expectedVersion: number | null, contentHash: string): WorkingRun => ({
  run,
  before: expectedVersion === null ? null : run,
  work: null,
  touched: [],
  rows: [],
  expectedVersion,
  contentHash,
});

/** Bits of a number that can be shifted to. */
const BITS = 31;

/** The task runs at these positions, each once and in their order; may sort the list itself. */
export function touchedIn({ tasks }: Run, indexes: number[]): readonly TaskRun[] {
  if (tasks.length > BITS)
    return indexes
      .sort((a, b) => a - b)
      .filter((index, at) => index !== indexes[at - 1])
      .map((index) => tasks.at(index));
  // Nearly all runs are small, and to sort a handful takes twenty times as long.
  let left = 0;
  for (const index of indexes) left |= 1 << index;
  const found: TaskRun[] = [];
  for (let index = 0; left !== 0; index += 1, left >>>= 1) if (left & 1) found.push(tasks.at(index));
  return found;
}
