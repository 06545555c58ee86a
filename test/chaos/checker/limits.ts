import { EventType } from '@cordyna/protocol/model';
import { ENDS, type Evidence, type HistoryEntry } from './evidence.js';
import type { Log } from './log.js';
import type { Violation } from './verdict.js';

/** An attempt from when its server said that it began until what ended it: both by the clock of whoever wrote it down. */
interface Work {
  readonly invocation: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * I12: never are more attempts of a task at work than its limits allow. Whoever holds a place holds it from before the
 * invoke until the end is known, so what is counted, from the append of its start to the append of its end, lies within.
 */
export function checkLimits(evidence: Evidence, log: Log): Violation[] {
  if (log.limits.size === 0) return [];
  const found: Violation[] = [];
  const works = worksOf(evidence, log);
  for (const [task, limits] of log.limits) {
    for (const { max, key } of limits) {
      const places = new Map<string, Work[]>();
      for (const work of works.get(task) ?? []) {
        const args = log.invokes.get(work.invocation)?.[0]?.data.args ?? {};
        const place = key === undefined ? task : `${task} (${key}=${JSON.stringify(args[key] ?? null)})`;
        places.set(place, [...(places.get(place) ?? []), work]);
      }
      for (const [place, all] of places) {
        const most = atOnce(all);
        if (most > max)
          found.push({ invariant: 'I12', what: `${most} attempts of ${place} at once: ${max} may be` });
      }
    }
  }
  return found;
}

function worksOf({ runs, records }: Evidence, log: Log): Map<string, Work[]> {
  const appended = new Map<string, number>();
  for (const { topic, partition, offset, timestampMs } of records)
    if (topic === 'events') appended.set(`${partition}@${offset}`, timestampMs);
  const at = ({ topic, partition, offset, recordedMs }: HistoryEntry): number =>
    (topic === 'events' ? appended.get(`${partition}@${offset}`) : undefined) ?? recordedMs;
  const works = new Map<string, Work[]>();
  for (const { history } of runs) {
    const started = new Map<string, number>();
    for (const row of history) {
      const { invocation, violations } = row.data as { invocation?: string; violations?: unknown };
      const { task } = row;
      if (!row.applied || !invocation || task === null || !log.limits.has(task)) continue;
      if (row.type === EventType.taskStarted && !started.has(invocation)) started.set(invocation, at(row));
      const fromMs = started.get(invocation);
      if (fromMs === undefined || !ENDS.has(row.type) || violations !== undefined) continue;
      const work = { invocation, fromMs, toMs: at(row) };
      const known = works.get(task);
      if (known) known.push(work);
      else works.set(task, [work]);
      started.delete(invocation);
    }
  }
  return works;
}

/** The most that overlap; what ends in the millisecond in which another begins was before it. */
function atOnce(works: readonly Work[]): number {
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
