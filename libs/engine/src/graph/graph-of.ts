import { serverOf } from '@cordyna/protocol/model';
import type { Graph, GraphNode, Registry } from '../model/index.js';

/** The graph of all declarations in force, sorted by name; dependencies that nobody declares are nodes too. */
export function graphOf(registry: Registry): Graph {
  const names = new Set([...registry.tasks.keys(), ...registry.dependents.keys()]);
  const nodes: GraphNode[] = [...names].sort().map((task) => ({
    task,
    server: serverOf(task),
    declared: registry.tasks.has(task),
    unresolved: (registry.tasks.get(task)?.dependsOn ?? []).filter((on) => !registry.tasks.has(on)).sort(),
  }));
  const edges = nodes.flatMap(({ task: from }) =>
    (registry.dependents.get(from) ?? []).map((to) => ({ from, to })),
  );
  return { nodes, edges };
}
