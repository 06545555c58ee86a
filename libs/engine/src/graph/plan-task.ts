import type { RunScope } from '@cordyna/protocol/model';
import type { PlanResult, Registry, TaskDefinition } from '../model/index.js';
import { buildPlan } from './build-plan.js';

const plans = new WeakMap<Registry, Map<string, PlanResult>>();

/**
 * The plan of a task's run: it and all that lies downstream of it, `forEach` edges included, in an order that follows the
 * dependencies; with scope `task` it alone. Registries and plans are immutable: runs of the same task share one.
 */
export function planTask(registry: Registry, task: string, scope: RunScope): PlanResult {
  const known = plans.get(registry) ?? new Map<string, PlanResult>();
  plans.set(registry, known);
  const id = `${scope} ${task}`;
  const result = known.get(id) ?? makePlan(registry, task, scope);
  if (result.ok) known.set(id, result);
  return result;
}

function makePlan(registry: Registry, task: string, scope: RunScope): PlanResult {
  const target = registry.tasks.get(task);
  if (!target) {
    const message = `no server declares the task ${task}: declare it or correct the name`;
    return { ok: false, errors: [{ code: 'unknown_task', path: '/task', message }] };
  }
  if (scope === 'task') {
    const alone = [{ definition: target, edges: [], jobTaskArgs: {} }];
    return { ok: true, plan: buildPlan(alone, 'latest') };
  }
  const members = inOrder(registry, target);
  const inside = new Set(members.map((member) => member.task));
  const entries = members.map((definition) => ({
    definition,
    edges: definition.dependsOn.filter((name) => inside.has(name)),
    jobTaskArgs: {},
  }));
  return { ok: true, plan: buildPlan(entries, 'fresh') };
}

function inOrder(registry: Registry, target: TaskDefinition): readonly TaskDefinition[] {
  const dependents = (task: string): readonly string[] => registry.dependents.get(task) ?? [];
  const waitsFor = new Map<string, number>([[target.task, 0]]);
  // A map's iteration goes on to what is added meanwhile; each edge is seen once.
  for (const task of waitsFor.keys()) {
    for (const next of dependents(task)) waitsFor.set(next, (waitsFor.get(next) ?? 0) + 1);
  }
  const ready = [target.task];
  for (const task of ready) {
    for (const next of dependents(task)) {
      const open = (waitsFor.get(next) as number) - 1;
      waitsFor.set(next, open);
      if (open === 0) ready.push(next);
    }
  }
  return ready.map((task) => registry.tasks.get(task) as TaskDefinition);
}
