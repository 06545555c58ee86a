import { EventType } from '@cordyna/protocol/model';
import { ENDS, type Evidence, type StoredRun } from './evidence.js';
import type { Violation } from './verdict.js';

export interface Recovery {
  readonly kind: string;
  /** From the end of the fault until the last attempt that was under way when it came had ended, however it did. */
  readonly ms: number;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the decision to invoke an attempt to its end, both as they were written. */
function attemptsOf({ history }: StoredRun): Span[] {
  const open = new Map<string, number>();
  const spans: Span[] = [];
  for (const { applied, type, task, item, recordedMs } of history) {
    if (!applied || task === null) continue;
    const element = `${task}[${item ?? ''}]`;
    const fromMs = open.get(element);
    if (type === EventType.taskInvoked) open.set(element, recordedMs);
    if (!ENDS.has(type) || fromMs === undefined) continue;
    spans.push({ fromMs, toMs: recordedMs });
    open.delete(element);
  }
  return spans;
}

export function recoveries({ runs, faults }: Evidence): Recovery[] {
  const attempts = runs.flatMap(attemptsOf);
  return faults.map(({ kind, atMs, healedMs }) => {
    let lastMs = healedMs;
    for (const { fromMs, toMs } of attempts) if (fromMs < atMs && toMs > lastMs) lastMs = toMs;
    return { kind, ms: Math.round(lastMs - healedMs) };
  });
}

/** I10: what a fault held up goes on in bounded time when it is over. */
export const checkRecovery = (found: readonly Recovery[], { limits }: Evidence): Violation[] =>
  found
    .filter(({ ms }) => ms > limits.recoveryMs)
    .map(({ kind, ms }) => ({ invariant: 'I10', what: `${ms} ms after ${kind} something still waited` }));
