import { step, type Update } from '@cordyna/engine';
import { serverOf } from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import { originOf, worldOf, type Tools } from './context.js';
import { deadLetterOf } from './dead-letter.js';

type UpdateInbound = Extract<Inbound, { kind: 'update' }>;

/** A task server's report on an attempt. An accepted one is a sign of life of the instance that sent it. */
export function decideUpdate(inbound: UpdateInbound, work: WorkingSet, tools: Tools): Outcome {
  const { attempt, where, at } = inbound;
  const server = serverOf(attempt.task);
  const leaseValid = tools.leases.isValid(attempt.lease, server, attempt.invocation);
  const update = updateOf(inbound, leaseValid);
  if (!update) {
    if (leaseValid) work.addSignOfLife(server, attempt.instance, at);
    return DONE;
  }
  const run = work.run(attempt.run);
  if (!run) {
    const detail = `no run ${attempt.run}; updates echo the run of their invoke command`;
    work.addDeadLetter(deadLetterOf(where, 'unknown_run', detail));
    return DONE;
  }
  const decision = step(run, update, originOf(inbound.source, at, where, tools), worldOf(work, tools));
  work.absorb(decision);
  if (leaseValid && decision.refused === null) work.addSignOfLife(server, attempt.instance, at);
  return DONE;
}

/** Whether it is about a run, as opposed to a line that is only shown. */
export const isAboutRun = ({ report, isForged }: UpdateInbound): boolean =>
  isForged === true || (report.report !== 'progress' && report.report !== 'log');

/** The report as the engine takes it; null for progress and log lines, which change no state, unless they are forged. */
export function updateOf({ attempt, report, isForged }: UpdateInbound, leaseValid: boolean): Update | null {
  const { invocation, task, instance } = attempt;
  const identity = {
    kind: 'update',
    invocation,
    task,
    attempt: attempt.attempt,
    instance,
    leaseValid,
  } as const;
  switch (report.report) {
    case 'progress':
    case 'log':
      return isForged ? { ...identity, leaseValid: false, report: report.report } : null;
    case 'started':
      return { ...identity, report: 'started' };
    case 'completed':
      return { ...identity, report: 'completed', output: report.output };
    default:
      return { ...identity, ...report };
  }
}
