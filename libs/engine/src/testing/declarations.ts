import type { JobDeclaration, ServerDeclaration, TaskDeclaration } from '@cordyna/protocol/model';
import { declare } from '../graph/declare.js';
import { emptyRegistry } from '../graph/registry.js';
import type { DeclarationTools, Registry } from '../model/index.js';

/** Tools that find nothing wrong. */
export const lenientTools: DeclarationTools = { schemaErrors: () => [], cronErrors: () => [] };

/** A declaration from its tasks; `'load: extract server-b.x'` is short for a task and what it depends on. */
export function declarationOf(
  server: string,
  tasks: readonly (string | TaskDeclaration)[],
  jobs?: readonly JobDeclaration[],
): ServerDeclaration {
  const full = tasks.map((task): TaskDeclaration => {
    if (typeof task !== 'string') return task;
    const [name = '', dependencies = ''] = task.split(':');
    return { name: name.trim(), dependsOn: dependencies.split(' ').filter((word) => word !== '') };
  });
  return { server, tasks: full, ...(jobs ? { jobs } : {}) };
}

/**
 * The registry after these declarations, in this order.
 * @throws Error with the refusal's errors
 */
export function registryWith(...declarations: readonly ServerDeclaration[]): Registry {
  return declarations.reduce((registry, declaration) => {
    const result = declare(registry, declaration, lenientTools);
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    return result.registry;
  }, emptyRegistry());
}
