import type { DeclarationError, ServerDeclaration } from '@cordyna/protocol/model';
import { qualify } from '@cordyna/protocol/model';
import type { Registry } from '../model/index.js';
import { cycleOver, cyclicNodes } from './cycles.js';
import type { Edges } from './cycles.js';

/**
 * The cycles that a declaration closes, each once, at the first of its own edges that lies on it. `registry` is the union
 * with the declaration already in it.
 */
export function cycleErrors(declaration: ServerDeclaration, registry: Registry): readonly DeclarationError[] {
  const edges: Edges = new Map(
    [...registry.tasks.values()].map(({ task, dependsOn }) => [task, dependsOn.filter((on) => on !== task)]),
  );
  const cyclic = cyclicNodes(edges);
  const found = new Map<string, DeclarationError>();
  for (const { task, dependency, path } of ownEdges(declaration)) {
    // What is not on a cycle is not worth a search; a dependency on itself is an error of its own.
    const cycle = cyclic.has(task) && dependency !== task ? cycleOver(edges, task, dependency) : null;
    if (cycle === null || found.has(cycle)) continue;
    const message = `this dependency closes the cycle ${cycle} (each depends on the next): remove one of its dependencies`;
    found.set(cycle, { code: 'cycle', path, message });
  }
  return [...found.values()];
}

interface OwnEdge {
  readonly task: string;
  readonly dependency: string;
  readonly path: string;
}

const ownEdges = ({ server, tasks }: ServerDeclaration): readonly OwnEdge[] =>
  tasks.flatMap((task, at) => {
    const edge = (name: string, pointer: string): OwnEdge => ({
      task: `${server}.${task.name}`,
      dependency: qualify(server, name),
      path: `/tasks/${at}/${pointer}`,
    });
    const named = (task.dependsOn ?? []).map((name, position) => edge(name, `dependsOn/${position}`));
    return task.forEach === undefined ? named : [...named, edge(task.forEach, 'forEach')];
  });
