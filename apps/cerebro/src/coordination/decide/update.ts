import { step, type Update } from '@cordyna/engine';
import { serverOf } from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import { originOf, worldOf, type Tools } from './context.js';
import { deadLetterOf } from './dead-letter.js';

/** A task server's report on an attempt. An accepted one is a sign of life of the instance that sent it. */
export function decideUpdate(
  inbound: Extract<Inbound, { kind: 'update' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const { attempt, report, where, at } = inbound;
  const server = serverOf(attempt.task);
  const leaseValid = tools.leases.isValid(attempt.lease, server, attempt.invocation);
  if (report.report === 'progress' || report.report === 'log') {
    if (leaseValid) work.addSignOfLife(server, attempt.instance, at);
    return DONE;
  }
  const run = work.run(attempt.run);
  if (!run) {
    const detail = `no run ${attempt.run}; updates echo the run of their invoke command`;
    work.addDeadLetter(deadLetterOf(where, 'unknown_run', detail));
    return DONE;
  }
  const { invocation, task, instance } = attempt;
  const identity = {
    kind: 'update',
    invocation,
    task,
    attempt: attempt.attempt,
    leaseValid,
    instance,
  } as const;
  const update: Update = { ...identity, ...report };
  const decision = step(run, update, originOf(inbound.source, at, where, tools), worldOf(work, tools));
  work.absorb(decision);
  if (leaseValid && decision.refused === null) work.addSignOfLife(server, instance, at);
  return DONE;
}
