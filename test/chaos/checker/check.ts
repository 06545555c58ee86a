import { EventType } from '@cordyna/protocol/model';
import { checkAccepted } from './accepted.js';
import { checkDefinitions } from './definitions.js';
import { checkEvents } from './events.js';
import type { Evidence } from './evidence.js';
import { checkFanOut } from './fan-out.js';
import { checkHistories } from './histories.js';
import { checkInvokes } from './invokes.js';
import { checkLimits } from './limits.js';
import { readLog } from './log.js';
import { checkOnce } from './once.js';
import { checkPoison } from './poison.js';
import { checkRecovery, recoveries, type Recovery } from './recovery.js';
import { checkRest } from './rest.js';
import type { Violation } from './verdict.js';
import { checkWatchdogs } from './watchdogs.js';

export interface Report {
  /** Empty: all invariants hold. */
  readonly violations: readonly Violation[];
  readonly recoveries: readonly Recovery[];
  readonly figures: Figures;
}

export interface Figures {
  readonly runs: number;
  readonly attempts: number;
  /** Applied rows of the histories. */
  readonly transitions: number;
  readonly refusedUpdates: number;
  readonly poison: number;
  /** By watchdogs, with reason. */
  readonly timeouts: number;
  readonly timeoutsByCode: Readonly<Record<string, number>>;
  /** Invocations that more than one process ran: its server was killed or stopped. */
  readonly runByTwo: number;
  /** In the ledger of events. */
  readonly signals: number;
  readonly ruleFirings: number;
  /** Of schedules, settled in whichever way. */
  readonly dueTimes: number;
  /** Versions of what people defined. */
  readonly definitions: number;
}

/** Judges an installation at rest by what an outsider can read: topics, history, stored states, side effects. */
export function check(evidence: Evidence): Report {
  const log = readLog(evidence.records);
  const recovered = recoveries(evidence);
  const violations = [
    ...checkAccepted(evidence, log),
    ...checkInvokes(evidence, log),
    ...checkHistories(evidence, log),
    ...checkOnce(evidence),
    ...checkWatchdogs(evidence, log),
    ...checkPoison(evidence),
    ...checkRest(evidence),
    ...checkRecovery(recovered, evidence),
    ...checkEvents(evidence),
    ...checkLimits(evidence, log),
    ...checkFanOut(evidence, log),
    ...checkDefinitions(evidence),
  ];
  return { violations, recoveries: recovered, figures: figuresOf(evidence, log.invokes.size) };
}

const WATCHDOGS: ReadonlySet<string> = new Set([
  'ack_timeout',
  'start_timeout',
  'completion_timeout',
  'server_lost',
]);

function figuresOf(evidence: Evidence, attempts: number): Figures {
  const { runs, executions, deadLetters, happened, firings, defined } = evidence;
  let transitions = 0;
  let refusedUpdates = 0;
  const timeoutsByCode: Record<string, number> = {};
  for (const { applied, type, topic, data } of runs.flatMap(({ history }) => history)) {
    if (applied) transitions += 1;
    else refusedUpdates += 1;
    const code = (data as { error?: { code: string } }).error?.code ?? '';
    if (!applied || topic !== null || type !== EventType.taskError || !WATCHDOGS.has(code)) continue;
    timeoutsByCode[code] = (timeoutsByCode[code] ?? 0) + 1;
  }
  const timeouts = Object.values(timeoutsByCode).reduce((sum, count) => sum + count, 0);
  const runBy = new Map<string, Set<string>>();
  for (const { invocation, by } of executions)
    runBy.set(invocation, (runBy.get(invocation) ?? new Set()).add(by));
  const runByTwo = [...runBy.values()].filter(({ size }) => size > 1).length;
  return {
    ...{ runs: runs.length, attempts, transitions, refusedUpdates, poison: deadLetters.length },
    ...{ timeouts, timeoutsByCode, runByTwo },
    ...{ signals: happened.ledger.length, ruleFirings: happened.firings.length },
    ...{ dueTimes: firings.length, definitions: defined.versions.length },
  };
}
