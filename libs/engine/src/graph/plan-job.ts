import type { JobTask } from '@cordyna/protocol/model';
import type { JobDefinition, PlanError, PlanResult, Registry, TaskDefinition } from '../model/index.js';
import type { PlanEntry } from './build-plan.js';
import { buildPlan } from './build-plan.js';
import { cycleOver, cyclicNodes } from './cycles.js';
import type { Edges } from './cycles.js';

/**
 * The plan of a job's run. Edges are those among its members: an entry's `dependsOn` if given, else what the task declares;
 * other dependencies are not waited for, and their latest outputs are given.
 * @param job name of a declared job (`<server>.<job>`), or the definition of one that no server declares
 */
export function planJob(registry: Registry, job: string | JobDefinition): PlanResult {
  const found = typeof job === 'string' ? registry.jobs.get(job) : job;
  if (!found) {
    const message = `there is no job ${String(job)}: declare it or correct the name`;
    return { ok: false, errors: [{ code: 'unknown_job', path: '/job', message }] };
  }
  const entries: PlanEntry[] = [];
  const errors: PlanError[] = [];
  const members = new Map(found.tasks.map((entry) => [entry.task, entry]));
  for (const entry of members.values()) {
    const definition = registry.tasks.get(entry.task);
    if (!definition) {
      const message = `no server declares ${entry.task}, a member of the job ${found.job}: declare it or take it out`;
      errors.push({ code: 'unknown_task', path: '/job', message });
      continue;
    }
    entries.push({
      definition: withLimits(definition, entry),
      edges: edgesOf(entry.dependsOn, definition, members),
      outside: (entry.dependsOn ?? []).filter((name) => !members.has(name)),
      jobTaskArgs: entry.args ?? {},
    });
  }
  if (errors.length === 0) errors.push(...cycles(found.job, entries));
  return errors.length > 0 ? { ok: false, errors } : { ok: true, plan: buildPlan(entries, 'latest') };
}

const withLimits = (definition: TaskDefinition, { timeouts, retry }: JobTask): TaskDefinition =>
  timeouts === undefined && retry === undefined
    ? definition
    : {
        ...definition,
        timeouts: { ...definition.timeouts, ...timeouts },
        retry: { ...definition.retry, ...retry },
      };

const edgesOf = (
  given: readonly string[] | undefined,
  definition: TaskDefinition,
  members: ReadonlyMap<string, unknown>,
): readonly string[] =>
  [...new Set(given ?? definition.dependsOn)].filter((name) => members.has(name) && name !== definition.task);

/** A job's own edges and other servers' declared ones may close a cycle only together. */
function cycles(job: string, entries: readonly PlanEntry[]): readonly PlanError[] {
  const edges: Edges = new Map(entries.map(({ definition, edges: own }) => [definition.task, own]));
  for (const task of cyclicNodes(edges)) {
    for (const dependency of edges.get(task) as readonly string[]) {
      const cycle = cycleOver(edges, task, dependency);
      if (cycle === null) continue;
      const message = `the job ${job} has the cycle ${cycle} (each depends on the next): give one of them its own dependsOn`;
      return [{ code: 'cycle', path: '/job', message }];
    }
  }
  return [];
}
