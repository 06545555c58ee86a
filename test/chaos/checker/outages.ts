import type { Evidence, Fault, Limits } from './evidence.js';
import type { Log } from './log.js';

/** Who has an attempt, and by which record it first said so. */
export interface Held {
  readonly instance: string;
  readonly record: string;
}

/**
 * Nobody is judged by what he could not have said: what comes due while nobody can write to Kafka does not fire until the
 * grace after it is over. A probe that lies in the outage may cut it in two, each part too short for a stall by one step:
 * so an outage is certain to be noticed from two steps on, what was due in its first step may still fire, and the grace
 * may count from one step before its end.
 */
export function outage(dueMs: number, nowMs: number, { faults, limits }: Evidence): string | null {
  const found = faults.find((fault) => isSpared(dueMs, nowMs, fault, limits));
  if (!found) return null;
  const ms = Math.round(nowMs - found.healedMs);
  return `it was due in an outage (${found.kind}), and fired ${ms} ms after its end`;
}

function isSpared(
  dueMs: number,
  nowMs: number,
  { stopsKafka, atMs, healedMs, closedUntilMs = healedMs }: Fault,
  { maxStepMs, stallGraceMs }: Limits,
): boolean {
  return (
    stopsKafka &&
    closedUntilMs - atMs > 2 * maxStepMs &&
    dueMs > atMs + maxStepMs &&
    nowMs < closedUntilMs + stallGraceMs - maxStepMs
  );
}

/** Since it took the attempt its holder was never silent for long enough, nor did it say that it ended. */
export function silence(held: Held | undefined, nowMs: number, log: Log, evidence: Evidence): string | null {
  if (!held) return 'nobody had it';
  const all = (log.signs.get(held.instance) ?? []).filter(({ atMs }) => atMs < nowMs);
  const took = all.findIndex(({ record }) => record === held.record);
  // By that record it was online, whatever was before.
  const signs = took < 0 ? all : all.slice(took);
  if (signs.some(({ offline }) => offline)) return null;
  const { lostAfterMs } = evidence.limits;
  const silentFrom = signs.filter(({ atMs }, at) => (signs[at + 1]?.atMs ?? nowMs) - atMs > lostAfterMs);
  if (silentFrom.length === 0) return `${held.instance} was never silent for ${lostAfterMs} ms`;
  const outages = silentFrom.map(({ atMs }) => outage(atMs + lostAfterMs, nowMs, evidence));
  return outages.includes(null) ? null : (outages[0] ?? null);
}
