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

/**
 * The report as the engine takes it; null for progress and log lines, which change no state, unless they are forged. The
 * usual ones are written out: to put them together from other objects takes a hundred times as long.
 */
export function updateOf(
  { attempt: identity, report, isForged }: UpdateInbound,
  leaseValid: boolean,
): Update | null {
  const { invocation, task, attempt, instance } = identity;
  const kind = 'update';
  switch (report.report) {
    case 'progress':
    case 'log': {
      const forged = {
        kind,
        invocation,
        task,
        attempt,
        instance,
        leaseValid: false,
        report: report.report,
      } as const;
      return isForged ? forged : null;
    }
    case 'started':
      return { kind, invocation, task, attempt, instance, leaseValid, report: 'started' };
    case 'completed':
      return {
        kind,
        invocation,
        task,
        attempt,
        instance,
        leaseValid,
        report: 'completed',
        output: report.output,
      };
    default:
      return { kind, invocation, task, attempt, instance, leaseValid, ...report };
  }
}
