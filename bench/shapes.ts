/** One task of a graph; `after` names what it depends on. */
export interface ShapeTask {
  readonly name: string;
  readonly after: readonly string[];
}

export interface Shape {
  readonly name: ShapeName;
  /** The first one depends on nothing; to invoke it is to run all of them. */
  readonly tasks: readonly [ShapeTask, ...ShapeTask[]];
}

export type ShapeName = 'chain' | 'fan' | 'diamond' | 'single' | 'large';

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${String(at).padStart(4, '0')}`);

function chainOf(names: readonly string[]): [ShapeTask, ...ShapeTask[]] {
  const [first = '', ...rest] = names;
  return [{ name: first, after: [] }, ...rest.map((name, at) => ({ name, after: [names[at] ?? ''] }))];
}

function fanOf(prefix: string, width: number, from: readonly [ShapeTask, ...ShapeTask[]]): Shape['tasks'] {
  const root = from.at(-1)?.name ?? '';
  const leaves = numbered(`${prefix}leaf`, width);
  return [
    ...from,
    ...leaves.map((name) => ({ name, after: [root] })),
    { name: `${prefix}last`, after: leaves },
  ];
}

export const CHAIN_LENGTH = 50;
export const LARGE_RUN_TASKS = 10_000;

/** W1: one after another. */
export const CHAIN: Shape = { name: 'chain', tasks: chainOf(numbered('chain', CHAIN_LENGTH)) };
/** W2: 1 → 1000 → 1. */
export const FAN: Shape = { name: 'fan', tasks: fanOf('fan-', 1_000, [{ name: 'fan-first', after: [] }]) };
/** W3: 1 → 2 → 1. */
export const DIAMOND: Shape = {
  name: 'diamond',
  tasks: [
    { name: 'diamond-a', after: [] },
    { name: 'diamond-b', after: ['diamond-a'] },
    { name: 'diamond-c', after: ['diamond-a'] },
    { name: 'diamond-d', after: ['diamond-b', 'diamond-c'] },
  ],
};
/** W6: what the database is filled with copies of. */
export const SINGLE: Shape = { name: 'single', tasks: [{ name: 'single', after: [] }] };
/** W6: a chain of 50, and what is left of 10,000 tasks behind it. */
export const LARGE: Shape = {
  name: 'large',
  tasks: fanOf('large-', LARGE_RUN_TASKS - CHAIN_LENGTH - 1, chainOf(numbered('large-chain', CHAIN_LENGTH))),
};

export const SHAPES: { readonly [name in ShapeName]: Shape } = {
  chain: CHAIN,
  fan: FAN,
  diamond: DIAMOND,
  single: SINGLE,
  large: LARGE,
};
