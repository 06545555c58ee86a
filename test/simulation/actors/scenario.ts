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
  /** How many attempts of each task may go on at once; null: as many as there are. */
  readonly limit: number | null;
  /** Are there rules, and events that they are about? */
  readonly hasRules: boolean;
  /** Does anybody apply files, change schedules and leave out tasks meanwhile? */
  readonly hasAuthors: boolean;
  /** Faults and load last this long; then everything is healed and must come to rest. */
  readonly troubleMs: number;
}

/** Most installations are short: how many there are finds more than how long they go on. */
const TROUBLE_MS = [8_000, 10_000, 14_000, 25_000];
/** What a load is drawn for; shorter ones have as much in each second. */
const FULL_MS = 25_000;
const LIST_SHARE = 0.25;

/** How many of what comes `from` to `to` times in a full length. */
export const drawn = (random: Random, from: number, to: number, { troubleMs }: Scenario): number =>
  Math.round((random.between(from, to) * troubleMs) / FULL_MS);

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
      ...(list && random.chance(0.7) ? fanOver(list, random) : {}),
      ...(upstream.length === 0 && random.chance(0.3) ? { everyMs: random.between(3, 9) * 1_000 } : {}),
      retry: { maxAttempts: random.between(1, 3), backoffMs: 200, factor: 2 },
    });
    tasks.push(`${server}.${name}`);
    if (random.chance(LIST_SHARE)) lists.add(`${server}.${name}`);
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
    limit: random.chance(0.25) ? random.between(1, 2) : null,
    hasRules: random.chance(0.5),
    hasAuthors: random.chance(0.5),
    troubleMs: random.pick(TROUBLE_MS),
  };
}

/** Takes the list apart: all of it at once, or so many at a time. */
const fanOver = (list: string, random: Random): Partial<TaskDeclaration> => ({
  forEach: list,
  ...(random.chance(0.6) ? { concurrency: random.between(1, 4) } : {}),
  ...(random.chance(0.4) ? { onError: 'continue' } : {}),
});

/** The same without schedules, so that the world can come to rest. */
export const unscheduled = ({ server, tasks }: ServerDeclaration): ServerDeclaration => ({
  server,
  tasks: tasks.map(({ everyMs: _, ...task }) => task),
});

/** The same with its limit for each task. */
export const limited = (scenario: Scenario, max = scenario.limit): Scenario =>
  max === null
    ? scenario
    : {
        ...scenario,
        declarations: scenario.declarations.map(({ server, tasks }) => ({
          server,
          tasks: tasks.map((task) => ({ ...task, limits: [{ max }] })),
        })),
      };
