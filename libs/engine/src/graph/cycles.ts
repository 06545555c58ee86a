/** node → the nodes that it depends on */
export type Edges = ReadonlyMap<string, readonly string[]>;

/**
 * The shortest way from `from` to `to` along the edges, both ends included; null when there is none. Breadth first and
 * without recursion, so that a chain may have any length.
 */
function shortestPath(edges: Edges, from: string, to: string): readonly string[] | null {
  const cameFrom = new Map<string, string | null>([[from, null]]);
  // A map's iteration goes on to what is added meanwhile.
  for (const node of cameFrom.keys()) {
    if (node === to) return wayBack(cameFrom, to);
    for (const next of edges.get(node) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, node);
  }
  return null;
}

function wayBack(cameFrom: ReadonlyMap<string, string | null>, to: string): readonly string[] {
  const path: string[] = [];
  for (let at: string | null = to; at !== null; at = cameFrom.get(at) as string | null) path.push(at);
  return path.reverse();
}

/** Nodes on a cycle, or on a way from one cycle to another. */
export const cyclicNodes = (edges: Edges): ReadonlySet<string> => new Set(peel(reversed(peel(edges))).keys());

/** What is left when nodes that nothing points to are taken away again and again (Kahn's algorithm). */
function peel(edges: Edges): Edges {
  const incoming = new Map<string, number>([...edges.keys()].map((node) => [node, 0]));
  const count = (node: string, by: number): number => {
    const next = (incoming.get(node) as number) + by;
    incoming.set(node, next);
    return next;
  };
  const targets = (node: string) =>
    (edges.get(node) as readonly string[]).filter((target) => incoming.has(target));
  for (const node of edges.keys()) for (const target of targets(node)) count(target, 1);
  const free = [...incoming.keys()].filter((node) => incoming.get(node) === 0);
  for (const node of free) {
    incoming.delete(node);
    for (const target of targets(node)) if (count(target, -1) === 0) free.push(target);
  }
  return new Map([...incoming.keys()].map((node) => [node, targets(node)]));
}

function reversed(edges: Edges): Edges {
  const back = new Map<string, string[]>([...edges.keys()].map((node) => [node, []]));
  for (const [node, targets] of edges) for (const target of targets) back.get(target)?.push(node);
  return back;
}

/** The shortest cycle that this dependency closes, as text; null when it closes none. */
export function cycleOver(edges: Edges, task: string, dependency: string): string | null {
  const way = shortestPath(edges, dependency, task);
  return way && describeCycle([task, ...way.slice(0, -1)]);
}

export interface NamedEdge {
  readonly task: string;
  readonly dependency: string;
  /** JSON pointer to where it is declared. */
  readonly path: string;
}

/** More cycles than this are not looked for: the first of them must be removed before the others can be seen through. */
const MAX_CYCLES = 20;
/** Nodes that the searches behind the first one may visit, so that no declaration holds up the others for long. */
const MAX_VISITS = 500_000;

/** Cycles that these edges close, each once, with the pointer to the first edge on it; not all of them when they are many. */
export function cyclesClosedBy(edges: Edges, own: readonly NamedEdge[]): ReadonlyMap<string, string> {
  const cyclic = cyclicNodes(edges);
  const found = new Map<string, string>();
  let searches = Math.ceil(MAX_VISITS / edges.size);
  for (const { task, dependency, path } of own) {
    // What is not on a cycle is not worth a search; a dependency on itself is an error of its own.
    if (!cyclic.has(task) || dependency === task) continue;
    if (found.size === MAX_CYCLES || (found.size > 0 && searches-- <= 0)) break;
    const cycle = cycleOver(edges, task, dependency);
    if (cycle !== null && !found.has(cycle)) found.set(cycle, path);
  }
  return found;
}

/** `a → b → a`, from the smallest name on, so that one cycle has one text. */
function describeCycle(nodes: readonly string[]): string {
  const smallest = [...nodes].sort()[0] as string;
  const at = nodes.indexOf(smallest);
  return [...nodes.slice(at), ...nodes.slice(0, at), smallest].join(' → ');
}
