import { declare, registryOf } from '@cordyna/engine';
import type { DeclaredServer } from '@cordyna/engine';
import type { ServerDeclaration } from '@cordyna/protocol/model';
import { spreadOf, type Spread } from '../figures/percentiles.js';

const SERVERS = 100;
const TASKS_PER_SERVER = 1_000;
const DEPENDENCIES = 3;

export interface GraphFigures {
  readonly tasks: number;
  readonly edges: number;
  /** From all definitions to a registry, and one more declaration validated against all of it. */
  readonly buildAndValidateMs: Spread;
}

/** Each task depends on three that come before it, anywhere in the installation. */
function declarations(): ServerDeclaration[] {
  const name = (n: number): string => `server-${Math.floor(n / TASKS_PER_SERVER)}.task-${n}`;
  let random = 1;
  const below = (limit: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' linear congruential generator
    return random % limit;
  };
  return Array.from({ length: SERVERS }, (_, server) => ({
    server: `server-${server}`,
    tasks: Array.from({ length: TASKS_PER_SERVER }, (__, at) => {
      const n = server * TASKS_PER_SERVER + at;
      const before = new Set<string>();
      while (before.size < Math.min(n, DEPENDENCIES)) before.add(name(below(n)));
      return { name: `task-${n}`, dependsOn: [...before] };
    }),
  }));
}

/** A graph of 100,000 tasks: what a coordinator does when it starts, and when one server declares itself anew. */
export function measureGraph(repeats: number): GraphFigures {
  const tools = { schemaErrors: () => [], cronErrors: () => [] };
  const all = declarations();
  const last = all.at(-1) as ServerDeclaration;
  const servers = all.slice(0, -1).map((declaration): DeclaredServer => {
    const result = declare(registryOf([]), declaration, tools);
    if (!result.ok) throw new Error(JSON.stringify(result.errors.slice(0, 3)));
    return result.server;
  });
  const times: number[] = [];
  let edges = 0;
  for (let at = 0; at < repeats; at++) {
    const began = performance.now();
    const result = declare(registryOf(servers), last, tools);
    times.push(performance.now() - began);
    if (!result.ok || result.registry.tasks.size !== SERVERS * TASKS_PER_SERVER)
      throw new Error('the graph is not whole');
    edges = [...result.registry.tasks.values()].reduce((sum, { dependsOn }) => sum + dependsOn.length, 0);
  }
  return { tasks: SERVERS * TASKS_PER_SERVER, edges, buildAndValidateMs: spreadOf(times) };
}
