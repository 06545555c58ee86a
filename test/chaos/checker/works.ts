import { EventType } from '@cordyna/protocol/model';
import { ENDS, type Evidence, type HistoryEntry } from './evidence.js';
import type { Log } from './log.js';

/**
 * An attempt from when others were told that it is invoked, or its server said that it began, until what ended it: by the
 * clock of whoever wrote it down.
 */
export interface Work {
  readonly invocation: string;
  readonly run: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Task → its attempts, of the tasks that are asked for. All of it is told after the decision to invoke, and before the decision
 * that takes the end into account; what was told later than that is left out.
 */
export function worksOf(
  { runs, records }: Pick<Evidence, 'runs' | 'records'>,
  { invoked }: Pick<Log, 'invoked'>,
  isAskedFor: (task: string) => boolean,
): Map<string, Work[]> {
  const appended = new Map<string, number>();
  for (const { topic, partition, offset, timestampMs } of records)
    if (topic === 'events') appended.set(`${partition}@${offset}`, timestampMs);
  const at = ({ topic, partition, offset, recordedMs }: HistoryEntry): number =>
    (topic === 'events' ? appended.get(`${partition}@${offset}`) : undefined) ?? recordedMs;
  const works = new Map<string, Work[]>();
  for (const { run, history } of runs) {
    const began = new Map<string, number>();
    for (const row of history) {
      const { invocation, violations } = row.data as { invocation?: string; violations?: unknown };
      const { task } = row;
      if (!row.applied || !invocation || task === null || !isAskedFor(task)) continue;
      const toldMs = row.type === EventType.taskStarted ? at(row) : Infinity;
      const fromMs = Math.min(toldMs, began.get(invocation) ?? invoked.get(invocation) ?? Infinity);
      began.set(invocation, fromMs);
      if (!ENDS.has(row.type) || violations !== undefined) continue;
      const work = { invocation, run, fromMs, toMs: at(row) };
      const known = works.get(task);
      if (known) known.push(work);
      else works.set(task, [work]);
      began.delete(invocation);
    }
  }
  return works;
}

/** The most that overlap; what ends in the millisecond in which another begins was before it. */
export function atOnce(works: readonly Work[]): number {
  const moments = works
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .flatMap(({ fromMs, toMs }) => [
      { ms: fromMs, change: 1 },
      { ms: toMs, change: -1 },
    ]);
  moments.sort((a, b) => a.ms - b.ms || a.change - b.change);
  let [now, most] = [0, 0];
  for (const { change } of moments) most = Math.max(most, (now += change));
  return most;
}

export function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}
