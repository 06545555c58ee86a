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

/** Edges between numbered nodes: those of node `n` lead to `targets` from `starts[n]` on, up to `starts[n + 1]`. */
interface Numbered {
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/**
 * Nodes on a cycle, or on a way from one cycle to another. By numbers, since every declaration is checked against all
 * that are in force: of 100,000 tasks each name is looked up once.
 */
export function cyclicNodes(edges: Edges): ReadonlySet<string> {
  const nodes = [...edges.keys()];
  const forth = numbered(edges, nodes);
  const gone = new Uint8Array(nodes.length);
  if (peel(forth, gone) < nodes.length) peel(reversed(forth), gone);
  return new Set(nodes.filter((_, node) => gone[node] === 0));
}

/** Without edges to what is no node. */
function numbered(edges: Edges, nodes: readonly string[]): Numbered {
  const numbers = new Map<string, number>();
  let most = 0;
  for (const [node, targets] of edges) {
    numbers.set(node, numbers.size);
    most += targets.length;
  }
  const starts = new Int32Array(nodes.length + 1);
  const ends = new Int32Array(most);
  let count = 0;
  nodes.forEach((node, from) => {
    for (const target of edges.get(node)!) {
      const to = numbers.get(target);
      if (to !== undefined) ends[count++] = to;
    }
    starts[from + 1] = count;
  });
  return { starts, targets: ends.subarray(0, count) };
}

/**
 * Takes away nodes that nothing points to again and again (Kahn's algorithm), and marks them as gone.
 * @returns how many
 */
function peel({ starts, targets }: Numbered, gone: Uint8Array): number {
  const incoming = new Int32Array(gone.length);
  const each = (node: number, visit: (target: number) => void): void => {
    for (let at = starts[node]!; at < starts[node + 1]!; at++) visit(targets[at]!);
  };
  const free: number[] = [];
  for (let node = 0; node < gone.length; node++)
    if (gone[node] === 0) each(node, (target) => (incoming[target]! += 1));
  for (let node = 0; node < gone.length; node++)
    if (gone[node] === 0 && incoming[node] === 0) free.push(node);
  // A list's iteration goes on to what is added meanwhile.
  for (const node of free) {
    gone[node] = 1;
    each(node, (target) => {
      incoming[target]! -= 1;
      if (incoming[target] === 0 && gone[target] === 0) free.push(target);
    });
  }
  return free.length;
}

function reversed({ starts, targets }: Numbered): Numbered {
  const begins = new Int32Array(starts.length);
  for (const target of targets) begins[target + 1]! += 1;
  for (let node = 1; node < begins.length; node++) begins[node]! += begins[node - 1]!;
  const next = begins.slice();
  const sources = new Int32Array(targets.length);
  for (let node = 0; node + 1 < starts.length; node++)
    for (let at = starts[node]!; at < starts[node + 1]!; at++) sources[next[targets[at]!]!++] = node;
  return { starts: begins, targets: sources };
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
