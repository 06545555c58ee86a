import { definitionId, jobOf } from '../definitions/index.js';
import type { DeclaredServer, Definition, JobDefinition, Registry, TaskDefinition } from '../model/index.js';

/**
 * The union of these servers' declarations and of the newest versions of these definitions. Its content does not depend
 * on their order.
 */
export function registryOf(
  servers: Iterable<DeclaredServer>,
  definitions: Iterable<Definition> = [],
): Registry {
  const dependents = new Map<string, string[]>();
  const all = [...servers];
  for (const { tasks } of all) {
    for (const { task, dependsOn } of tasks) {
      for (const dependency of dependsOn) {
        const known = dependents.get(dependency);
        if (known) known.push(task);
        else dependents.set(dependency, [task]);
      }
    }
  }
  for (const names of dependents.values()) if (names.length > 1) names.sort();
  const defined = [...definitions].sort((a, b) => (definitionId(a) < definitionId(b) ? -1 : 1));
  const byId = new Map(defined.map((definition) => [definitionId(definition), definition]));
  return joined(all, dependents, byId);
}

/** @param definitions in the order of their ids */
function joined(
  servers: readonly DeclaredServer[],
  dependents: Registry['dependents'],
  definitions: Registry['definitions'],
): Registry {
  const byName = [...servers].sort((a, b) => (a.server < b.server ? -1 : 1));
  const tasks = new Map<string, TaskDefinition>();
  const jobs = new Map<string, JobDefinition>();
  for (const server of byName) {
    for (const job of server.jobs) jobs.set(job.job, job);
    for (const task of server.tasks) tasks.set(task.task, task);
  }
  addJobs(jobs, definitions.values());
  return {
    servers: new Map(byName.map((server) => [server.server, server])),
    tasks,
    jobs,
    dependents,
    definitions,
  };
}

export const emptyRegistry = (): Registry => registryOf([]);

/** The registry with this server's declaration in the place of its former one. */
export function withServer(registry: Registry, server: DeclaredServer): Registry {
  const others = without(registry, server.server);
  const former = registry.servers.get(server.server)?.tasks ?? [];
  const dependents = otherDependents(registry.dependents, former, server.tasks);
  return joined([...others, server], dependents, registry.definitions);
}

/** Only lists in which one server's tasks were or will be are made anew: most are of others. */
function otherDependents(
  dependents: Registry['dependents'],
  former: readonly TaskDefinition[],
  tasks: readonly TaskDefinition[],
): Registry['dependents'] {
  const gone = new Set(former.map(({ task }) => task));
  const added = new Map<string, string[]>();
  for (const { dependsOn } of former) for (const dependency of dependsOn) added.set(dependency, []);
  for (const { task, dependsOn } of tasks) {
    for (const dependency of dependsOn) {
      const known = added.get(dependency);
      if (known) known.push(task);
      else added.set(dependency, [task]);
    }
  }
  const next = new Map(dependents);
  for (const [dependency, names] of added) {
    const kept = (dependents.get(dependency) ?? []).filter((task) => !gone.has(task));
    if (kept.length + names.length > 0) next.set(dependency, [...kept, ...names].sort());
    else next.delete(dependency);
  }
  return next;
}

/** The registry with these versions of definitions in the place of the ones before; declarations stay as they are. */
export function withDefinitions(registry: Registry, changed: readonly Definition[]): Registry {
  const definitions = new Map(registry.definitions);
  for (const definition of changed) definitions.set(definitionId(definition), definition);
  const isLarger = definitions.size > registry.definitions.size;
  const byId = isLarger ? new Map([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))) : definitions;
  if (changed.every(({ kind }) => kind !== 'job')) return { ...registry, definitions: byId };
  const jobs = new Map([...registry.jobs].filter(([job]) => job.includes('.')));
  addJobs(jobs, byId.values());
  return { ...registry, jobs, definitions: byId };
}

/** Names of jobs that no server declares are bare: they meet no declared one. */
function addJobs(jobs: Map<string, JobDefinition>, definitions: Iterable<Definition>): void {
  for (const definition of definitions) {
    const job = jobOf(definition);
    if (job) jobs.set(job.job, job);
  }
}

/** The registry with these notices to a declared server in the place of the ones before; its tasks stay as they are. */
export function withNotices(registry: Registry, server: string, notices: readonly string[]): Registry {
  const declared = registry.servers.get(server);
  if (!declared) return registry;
  return { ...registry, servers: new Map(registry.servers).set(server, { ...declared, notices }) };
}

const without = (registry: Registry, server: string): readonly DeclaredServer[] =>
  [...registry.servers.values()].filter((other) => other.server !== server);

export interface Withdrawal {
  readonly registry: Registry;
  /** False when the server was not declared. */
  readonly changed: boolean;
  /** Its tasks that other servers' tasks still depend on, sorted. */
  readonly unresolved: readonly string[];
}

/** Takes a server's declaration out of force. Runs that exist keep their own copy of the graph. */
export function withdraw(registry: Registry, server: string): Withdrawal {
  const declared = registry.servers.get(server);
  if (!declared) return { registry, changed: false, unresolved: [] };
  const dependents = otherDependents(registry.dependents, declared.tasks, []);
  const next = joined(without(registry, server), dependents, registry.definitions);
  const unresolved = declared.tasks.map((task) => task.task).filter((task) => next.dependents.has(task));
  return { registry: next, changed: true, unresolved: unresolved.sort() };
}
