import { EventType } from '@cordyna/protocol/model';
import type { Evidence, HistoryEntry } from './evidence.js';
import type { Log } from './log.js';
import type { Violation } from './verdict.js';

const { taskQueued, taskStarted, taskCompleted, taskError } = EventType;
/** What would have kept each deadline from passing. */
const ENOUGH: Readonly<Record<string, readonly string[]>> = {
  ack_timeout: [taskQueued, taskStarted, taskCompleted, taskError],
  start_timeout: [taskStarted, taskCompleted, taskError],
  completion_timeout: [taskCompleted, taskError],
};
const LOST = 'server_lost';
/** By which the watermark may stand before the end of an outage: its probe was under way when Kafka came back. */
const PROBE_MS = 10_000;

interface Fired {
  readonly invocation?: string;
  readonly error?: { readonly code: string };
  readonly deadlineAt?: number;
  readonly now?: number;
}

/** I7: each timeout that fired, and each instance that was found lost, was so by what the log holds. */
export function checkWatchdogs(evidence: Evidence, log: Log): Violation[] {
  const found: Violation[] = [];
  const say = (what: string): void => void found.push({ invariant: 'I7', counts: 'false timeouts', what });
  for (const { run, history } of evidence.runs) {
    const holders = new Map<string, string>();
    for (const row of history) {
      if (!row.applied) continue;
      note(holders, row);
      if (row.type !== taskError || row.topic !== null) continue;
      const data = row.data as Fired;
      const code = data.error?.code ?? '';
      const why = ENOUGH[code]
        ? (lateness(data, code, log) ?? outage(data.deadlineAt ?? 0, data.now ?? row.recordedMs, evidence))
        : code === LOST
          ? silence(data, holders, log, evidence)
          : null;
      if (why) say(`${run}#${row.seq}: ${code} though ${why}`);
    }
  }
  return found;
}

function note(holders: Map<string, string>, { data }: HistoryEntry): void {
  const { invocation, instance } = data as { invocation?: string; instance?: string };
  if (invocation && instance) holders.set(invocation, instance);
}

/** An update that was in the log before the deadline, and rightly of this attempt. */
function lateness({ invocation = '', deadlineAt }: Fired, code: string, log: Log): string | null {
  const lease = log.invokes.get(invocation)?.[0]?.data.lease;
  const inTime = log.updates
    .get(invocation)
    ?.find(
      ({ type, data, record }) =>
        ENOUGH[code]?.includes(type) && data.lease === lease && record.timestampMs < (deadlineAt ?? 0),
    );
  return inTime
    ? `${inTime.type} came in time, ${(deadlineAt ?? 0) - inTime.record.timestampMs} ms early`
    : null;
}

/** Its holder was never silent for long enough before, nor had it said that it ended. */
function silence(
  { invocation = '', now = 0 }: Fired,
  holders: ReadonlyMap<string, string>,
  log: Log,
  evidence: Evidence,
): string | null {
  const instance = holders.get(invocation) ?? '';
  const signs = (log.signs.get(instance) ?? []).filter(({ atMs }) => atMs < now);
  if (signs.some(({ offline }) => offline)) return null;
  const { lostAfterMs } = evidence.limits;
  const silentFrom = signs.filter(({ atMs }, at) => (signs[at + 1]?.atMs ?? now) - atMs > lostAfterMs);
  if (silentFrom.length === 0) return `${instance} was never silent for ${lostAfterMs} ms`;
  const outages = silentFrom.map(({ atMs }) => outage(atMs + lostAfterMs, now, evidence));
  return outages.includes(null) ? null : (outages[0] ?? null);
}

/**
 * That all was read does not mean that servers could write: what was due while Kafka was away does not fire until some
 * time after. What was due before may still be under way.
 */
function outage(dueMs: number, nowMs: number, { faults, limits }: Evidence): string | null {
  const { maxStepMs, stallGraceMs } = limits;
  const found = faults.find(
    ({ stopsKafka, atMs, healedMs }) =>
      stopsKafka &&
      healedMs - atMs > 2 * maxStepMs &&
      dueMs > atMs + maxStepMs &&
      nowMs < healedMs + Math.max(0, stallGraceMs - PROBE_MS),
  );
  return (
    (found &&
      `it was due in an outage (${found.kind}) that ended ${Math.round(nowMs - found.healedMs)} ms before`) ??
    null
  );
}
