import type { JsonObject } from '@cordyna/protocol/model';
import type { Member, OutsideRule, Plan, TaskDefinition } from '../model/index.js';

export interface PlanEntry {
  readonly definition: TaskDefinition;
  /** Members that it waits for, in declared order. */
  readonly edges: readonly string[];
  /** Dependencies outside that a job names besides those that the task declares. */
  readonly outside?: readonly string[];
  readonly jobTaskArgs: JsonObject;
}

/** Numbers the members and joins their edges; dependencies without an edge are outside. */
export function buildPlan(entries: readonly PlanEntry[], outsideRule: OutsideRule): Plan {
  const position = new Map(entries.map((entry, index) => [entry.definition.task, index]));
  const downstream: number[][] = entries.map(() => []);
  const upstream = entries.map(({ edges }, index) =>
    edges.map((name) => {
      const at = position.get(name) as number;
      downstream[at]?.push(index);
      return at;
    }),
  );
  const members = entries.map(({ definition, edges, outside = [], jobTaskArgs }, index): Member => {
    const inside = new Set(edges);
    const named = new Set([...definition.dependsOn, ...outside]);
    return {
      index,
      task: definition.task,
      server: definition.server,
      // A job may add edges that the task itself does not declare.
      dependencies: [...new Set([...named, ...edges])],
      upstream: upstream[index] as number[],
      downstream: downstream[index] as number[],
      outside: [...named].filter((name) => !inside.has(name)),
      forEach: definition.forEach,
      onError: definition.onError ?? 'block',
      ...(definition.concurrency === undefined ? {} : { concurrency: definition.concurrency }),
      ...(definition.limits ? { limits: definition.limits } : {}),
      timeouts: definition.timeouts,
      retry: definition.retry,
      args: definition.args,
      jobTaskArgs,
      argsSchema: definition.argsSchema,
      outputSchema: definition.outputSchema,
    };
  });
  return { members, outsideRule };
}
