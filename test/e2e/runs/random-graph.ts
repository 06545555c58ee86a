import type { Edges } from './order.js';
import type { Tasks } from './setting.js';

export interface RandomGraph {
  readonly servers: Readonly<Record<string, Tasks>>;
  /** All other tasks are downstream of it. */
  readonly root: string;
  readonly edges: Edges;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32 by Tommy Ettinger, public domain). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A graph without cycles in which each task but the root depends on one to four others, of any server. */
export function randomGraph(options: {
  readonly tasks: number;
  readonly servers: readonly string[];
  readonly seed: number;
}): RandomGraph {
  const random = randomOf(options.seed);
  const below = (count: number): number => Math.floor(random() * count);
  const names: string[] = [];
  const edges = new Map<string, readonly string[]>();
  for (let at = 0; at < options.tasks; at++) {
    const name = `${options.servers[below(options.servers.length)]}.t${at}`;
    const wanted = at === 0 ? 0 : 1 + below(4);
    const dependencies = Array.from({ length: wanted }, () => names[below(names.length)] as string);
    edges.set(name, [...new Set(dependencies)]);
    names.push(name);
  }
  // Declared in an order that is not the one in which they run.
  const shuffled = names
    .map((name) => ({ name, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ name }) => name);
  const servers = options.servers.map((server): [string, Tasks] => {
    const own = shuffled.filter((name) => name.startsWith(`${server}.`));
    return [
      server,
      Object.fromEntries(
        own.map((name) => [name.slice(server.length + 1), { dependsOn: edges.get(name) ?? [] }]),
      ),
    ];
  });
  return { servers: Object.fromEntries(servers), root: names[0] as string, edges };
}
