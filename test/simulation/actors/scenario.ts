import type { ServerDeclaration, TaskDeclaration } from '@cordyna/protocol/model';
import type { Random } from '../world/random.js';

export interface Scenario {
  readonly declarations: readonly ServerDeclaration[];
  readonly tasks: readonly string[];
  /** Servers whose instances send heartbeats. */
  readonly beating: ReadonlySet<string>;
  /** Tasks whose output is a list that others take apart. */
  readonly lists: ReadonlySet<string>;
  readonly coordinators: number;
  readonly withdrawn: string | null;
  /** How long a task takes at most. */
  readonly workMs: number;
  /** How often everything at the top of the graph is asked for at once. */
  readonly bursts: number;
  /** Are there rules, and events that they are about? */
  readonly hasRules: boolean;
}

/** A graph over two or three servers, another one for each seed. */
export function scenarioOf(random: Random): Scenario {
  const servers = ['s1', 's2', 's3'].slice(0, random.between(2, 3));
  const tasks: string[] = [];
  const lists = new Set<string>();
  const byServer = new Map<string, TaskDeclaration[]>(servers.map((server) => [server, []]));
  const count = random.between(3, 8);
  for (let n = 0; n < count; n++) {
    const server = random.pick(servers);
    const upstream = random.shuffled(tasks).slice(0, random.between(0, 2));
    const list = upstream.find((task) => lists.has(task));
    const name = `t${n}`;
    byServer.get(server)?.push({
      name,
      dependsOn: upstream,
      ...(list && random.chance(0.7) ? { forEach: list } : {}),
      ...(upstream.length === 0 && random.chance(0.3) ? { everyMs: random.between(3, 9) * 1_000 } : {}),
      retry: { maxAttempts: random.between(1, 3), backoffMs: 200, factor: 2 },
    });
    tasks.push(`${server}.${name}`);
    if (random.chance(0.2)) lists.add(`${server}.${name}`);
  }
  return {
    declarations: servers.map((server) => ({ server, tasks: byServer.get(server) ?? [] })),
    tasks,
    lists,
    beating: new Set(servers.filter(() => random.chance(0.7))),
    coordinators: random.between(1, 3),
    withdrawn: random.chance(0.15) ? random.pick(servers) : null,
    workMs: random.pick([20, 300, 1_200]),
    bursts: random.chance(0.4) ? random.between(1, 4) : 0,
    hasRules: random.chance(0.5),
  };
}

/** The same without schedules, so that the world can come to rest. */
export const unscheduled = ({ server, tasks }: ServerDeclaration): ServerDeclaration => ({
  server,
  tasks: tasks.map(({ everyMs: _, ...task }) => task),
});

/** The same with a limit for each task. */
export const limited = (scenario: Scenario, max: number | undefined): Scenario =>
  max === undefined
    ? scenario
    : {
        ...scenario,
        declarations: scenario.declarations.map(({ server, tasks }) => ({
          server,
          tasks: tasks.map((task) => ({ ...task, limits: [{ max }] })),
        })),
      };
