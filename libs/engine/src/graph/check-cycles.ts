import type { DeclarationError, ServerDeclaration } from '@cordyna/protocol/model';
import { qualify } from '@cordyna/protocol/model';
import type { Registry } from '../model/index.js';
import { cyclesClosedBy } from './cycles.js';
import type { NamedEdge } from './cycles.js';

/**
 * The cycles that a declaration closes, each once, at the first of its own edges that lies on it; of very many only some. `registry` is the union
 * with the declaration already in it.
 */
export function cycleErrors(declaration: ServerDeclaration, registry: Registry): readonly DeclarationError[] {
  const edges = new Map<string, readonly string[]>();
  for (const { task, dependsOn } of registry.tasks.values()) edges.set(task, dependsOn);
  return [...cyclesClosedBy(edges, ownEdges(declaration))].map(([cycle, path]) => {
    const message = `this dependency closes the cycle ${cycle} (each depends on the next): remove one of its dependencies`;
    return { code: 'cycle', path, message };
  });
}

const ownEdges = ({ server, tasks }: ServerDeclaration): readonly NamedEdge[] =>
  tasks.flatMap((task, at) => {
    const edge = (name: string, pointer: string): NamedEdge => ({
      task: `${server}.${task.name}`,
      dependency: qualify(server, name),
      path: `/tasks/${at}/${pointer}`,
    });
    const named = (task.dependsOn ?? []).map((name, position) => edge(name, `dependsOn/${position}`));
    return task.forEach === undefined ? named : [...named, edge(task.forEach, 'forEach')];
  });
