import { EventType } from '@cordyna/protocol/model';
import type { Timeouts } from '@cordyna/protocol/model';
import type { Evidence, HistoryEntry } from './evidence.js';
import type { Log } from './log.js';
import { outage, silence, type Held } from './outages.js';
import type { Violation } from './verdict.js';

const { taskQueued, taskStarted, taskCompleted, taskError } = EventType;
const PUBLISHED = 'cordyna.task.published.v1';

interface Rule {
  /** What would have kept the deadline from passing. */
  readonly enough: readonly string[];
  /** What the deadline counts from. */
  readonly from: string;
  readonly limit: keyof Timeouts;
}

const RULES: Readonly<Record<string, Rule>> = {
  ack_timeout: {
    enough: [taskQueued, taskStarted, taskCompleted, taskError],
    ...{ from: PUBLISHED, limit: 'ackMs' },
  },
  start_timeout: { enough: [taskStarted, taskCompleted, taskError], from: taskQueued, limit: 'startMs' },
  completion_timeout: { enough: [taskCompleted, taskError], from: taskStarted, limit: 'completeMs' },
};
const LOST = 'server_lost';

interface Fired {
  readonly invocation?: string;
  readonly error?: { readonly code: string };
  readonly deadlineAt?: number;
  readonly now?: number;
}

/** I7: each timeout that fired, and each instance that was found lost, was so by what the log holds. */
export function checkWatchdogs(evidence: Evidence, log: Log): Violation[] {
  const found: Violation[] = [];
  for (const { run, history } of evidence.runs) {
    const held = new Map<string, Held>();
    /** `<invocation> <type>` → when the first row of it was decided */
    const decided = new Map<string, number>();
    for (const row of history) {
      if (!row.applied) continue;
      note(row, held, decided);
      if (row.type !== taskError || row.topic !== null) continue;
      const why = wrong(row, { held, decided, log, evidence });
      const { code } = (row.data as Fired).error ?? {};
      if (why)
        found.push({
          ...{ invariant: 'I7', counts: 'false timeouts' },
          what: `${run}#${row.seq}: ${code} though ${why}`,
        });
    }
  }
  return found;
}

function note(row: HistoryEntry, held: Map<string, Held>, decided: Map<string, number>): void {
  const { invocation, instance, now } = row.data as { invocation?: string; instance?: string; now?: number };
  if (!invocation) return;
  const first = `${invocation} ${row.type}`;
  if (!decided.has(first)) decided.set(first, now ?? row.recordedMs);
  if (instance && held.get(invocation)?.instance !== instance)
    held.set(invocation, { instance, record: `${row.topic}/${row.partition}@${row.offset}` });
}

interface Known {
  readonly held: ReadonlyMap<string, Held>;
  readonly decided: ReadonlyMap<string, number>;
  readonly log: Log;
  readonly evidence: Evidence;
}

function wrong({ data, recordedMs }: HistoryEntry, known: Known): string | null {
  const { invocation = '', error, deadlineAt, now = recordedMs } = data as Fired;
  const { log, evidence, held } = known;
  if (error?.code === LOST) return silence(held.get(invocation), now, log, evidence);
  const rule = RULES[error?.code ?? ''];
  if (!rule) return null;
  if (typeof deadlineAt !== 'number') return 'no deadline was running';
  return (
    tooShort(invocation, rule, deadlineAt, known) ??
    (now < deadlineAt ? `its deadline was ${deadlineAt - now} ms ahead` : null) ??
    inTime(invocation, rule, deadlineAt, log) ??
    outage(deadlineAt, now, evidence)
  );
}

/** The deadline leaves the server as long as its invoke told it. */
function tooShort(
  invocation: string,
  rule: Rule,
  deadlineAt: number,
  { decided, log }: Known,
): string | null {
  const fromMs = decided.get(`${invocation} ${rule.from}`);
  if (fromMs === undefined) return `there was nothing that its deadline counts from`;
  const limitMs = log.invokes.get(invocation)?.[0]?.data.timeouts[rule.limit];
  if (limitMs === undefined) return 'nobody was told its limit';
  const missingMs = fromMs + limitMs - deadlineAt;
  return missingMs > 0 ? `its deadline was ${missingMs} ms too early` : null;
}

/** An update that was in the log before the deadline, and rightly of this attempt. */
function inTime(invocation: string, { enough }: Rule, deadlineAt: number, log: Log): string | null {
  const lease = log.invokes.get(invocation)?.[0]?.data.lease;
  const found = log.updates
    .get(invocation)
    ?.find(
      ({ type, data, record }) =>
        enough.includes(type) && data.lease === lease && record.timestampMs < deadlineAt,
    );
  return found ? `${found.type} came in time, ${deadlineAt - found.record.timestampMs} ms early` : null;
}
