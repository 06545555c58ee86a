import { parseArgs } from 'node:util';

export const WORKLOADS = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'graph'] as const;
export type Workload = (typeof WORKLOADS)[number];

export interface BenchOptions {
  /** About a minute after the warm-up: fewer passes, shorter phases, a smaller W6. */
  readonly quick: boolean;
  /** Directory for CPU profiles; null: none are taken. */
  readonly profileDir: string | null;
  readonly workloads: ReadonlySet<Workload>;
  readonly passes: number;
  readonly jsonFile: string;
}

const USAGE = `npm run bench -- [--quick] [--profile] [--only W1,W2,…] [--passes N] [--json FILE]
  --quick     about a minute after a shorter warm-up: fewer passes, shorter phases, a smaller W6
  --profile   CPU profiles of each of our processes and workload, in .cordyna/bench/profiles
  --only      some of ${WORKLOADS.join(', ')}
  --passes    how often W1 to W3 are measured, in rotated order; default 4, with --quick 2
  --json      where the figures go; default .cordyna/bench/figures.json`;

/** @throws Error that shows the usage */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
      passes: { type: 'string' },
      json: { type: 'string', default: '.cordyna/bench/figures.json' },
    },
  });
  const only = values.only?.split(',').map((name) => name.trim());
  const passes = Number(values.passes ?? (values.quick ? 2 : 4));
  const known: readonly string[] = WORKLOADS;
  if (only?.some((name) => !known.includes(name)) || !Number.isSafeInteger(passes) || passes < 1) {
    throw new Error(USAGE);
  }
  return {
    quick: values.quick,
    profileDir: values.profile ? '.cordyna/bench/profiles' : null,
    workloads: new Set((only as Workload[] | undefined) ?? WORKLOADS),
    passes,
    jsonFile: values.json,
  };
}
