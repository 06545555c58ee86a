import type { JsonObject, RunScope } from '@cordyna/protocol/model';
import { planJob } from '../graph/plan-job.js';
import { planTask } from '../graph/plan-task.js';
import type { Registry, RunSeed } from '../model/index.js';

export interface SeedRequest {
  readonly task?: string;
  readonly job?: string;
  readonly scope?: RunScope;
  readonly args?: JsonObject;
  readonly taskArgs?: { readonly [task: string]: JsonObject };
  readonly run?: string;
}

/**
 * The seed of a run, as a request for it would make it.
 * @throws Error with the errors of the plan
 */
export function seedFor(registry: Registry, request: SeedRequest): RunSeed {
  const { task = null, job = null, scope = 'downstream', args = {}, taskArgs = {}, run = 'run-1' } = request;
  const planned = job === null ? planTask(registry, task ?? '', scope) : planJob(registry, job);
  if (!planned.ok) throw new Error(JSON.stringify(planned.errors));
  const jobArgs = job === null ? {} : (registry.jobs.get(job)?.args ?? {});
  return { run, task, job, scope, trigger: { kind: 'request' }, jobArgs, args, taskArgs, plan: planned.plan };
}
