import { isFinalTaskState } from '@cordyna/protocol/model';
import type { Evidence, StoredFiring, StoredRun } from './evidence.js';
import type { Log } from './log.js';
import type { Violation } from './verdict.js';

const lost = (what: string): Violation => ({ invariant: 'I1', counts: 'lost', what });

/** Runs for which there is something else to be found. */
const OTHERS: ReadonlySet<string> = new Set(['schedule', 'rule']);

/** I1: each request that was taken in has one run, each run has ended, and whoever watches was told. */
export function checkAccepted({ requests, runs, firings }: Evidence, log: Log): Violation[] {
  const found: Violation[] = [];
  const byId = new Map(runs.map((run) => [run.run, run]));
  const requested = new Set<string>();
  for (const { key, run } of requests) {
    requested.add(run);
    if (!byId.has(run)) found.push(lost(`request ${key} was taken in, and its run ${run} is not there`));
  }
  for (const run of runs) {
    found.push(...checkEnd(run));
    if (run.state !== 'running' && !log.finished.get(run.run)?.includes(run.state))
      found.push(lost(`nobody was told that run ${run.run} is ${run.state}`));
    if (!OTHERS.has(run.trigger.kind) && !requested.has(run.run))
      found.push({ invariant: 'I5', counts: 'double applications', what: `nobody asked for run ${run.run}` });
  }
  return [...found, ...checkSchedules(runs, firings, log)];
}

function checkEnd({ run, state, tasks }: StoredRun): Violation[] {
  const open = tasks.filter((task) => !isFinalTaskState(task.state));
  if (state !== 'running' && open.length === 0) return [];
  const states = open.map(({ task, state: at, attempt }) => `${task} ${at}/${attempt}`).join(', ');
  return [{ invariant: 'I1', counts: 'stuck', what: `run ${run} is ${state}, open: ${states}` }];
}

/** Each due time of a schedule is settled once, none is left out, and each run of a schedule belongs to one. */
function checkSchedules(
  runs: readonly StoredRun[],
  firings: readonly StoredFiring[],
  { unscheduled }: Log,
): Violation[] {
  const found: Violation[] = [];
  const dueOf = (schedule: string, at: number | string): string =>
    `${schedule} ${new Date(at).toISOString()}`;
  const runsOf = new Map<string, string[]>();
  for (const { run, trigger } of runs) {
    if (trigger.kind !== 'schedule') continue;
    const due = dueOf(trigger.schedule ?? '', trigger.scheduledFor ?? 0);
    runsOf.set(due, [...(runsOf.get(due) ?? []), run]);
  }
  const times = new Map<string, number[]>();
  for (const { schedule, scheduledForMs, outcome, run } of firings) {
    const due = dueOf(schedule, scheduledForMs);
    times.set(schedule, [...(times.get(schedule) ?? []), scheduledForMs]);
    const has = runsOf.get(due) ?? [];
    runsOf.delete(due);
    const wanted = outcome === 'run' && run !== null ? [run] : [];
    if (has.join() !== wanted.join())
      found.push(twice(`${due} is settled as ${outcome} and has the runs [${has.join(', ')}]`));
  }
  for (const [due, has] of runsOf)
    found.push(twice(`${due} is not settled and has the runs ${has.join(', ')}`));
  for (const [schedule, all] of times)
    if (isDeclared(schedule)) found.push(...checkSpacing(schedule, all, unscheduled.get(schedule) ?? []));
  return found;
}

/** By its task, and never changed; other names have no dot. */
const isDeclared = (schedule: string): boolean => schedule.includes('.');

const twice = (what: string): Violation => ({ invariant: 'I5', counts: 'double applications', what });

/** A server that was starting when its schedules were withdrawn may have declared them once more: in between they are not due. */
function checkSpacing(
  schedule: string,
  times: readonly number[],
  unscheduled: readonly number[],
): Violation[] {
  const sorted = [...times].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, at) => time - (sorted[at] ?? time));
  const everyMs = Math.min(...gaps);
  return gaps.flatMap((gap, at) => {
    const from = sorted[at] ?? 0;
    const wasWithdrawn = unscheduled.some((ms) => ms > from - everyMs && ms < from + gap);
    return gap === everyMs || (wasWithdrawn && gap % everyMs === 0)
      ? []
      : [lost(`${schedule}: due times after ${from} were left out (${gap} ms)`)];
  });
}
