import { parseArgs } from 'node:util';
import { planOf, type Wishes } from './plans.js';

export const WORKLOADS = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'graph'] as const;
export type Workload = (typeof WORKLOADS)[number];

export interface BenchOptions extends Wishes {
  /** Directory for CPU profiles; null: none are taken. */
  readonly profileDir: string | null;
  readonly workloads: ReadonlySet<Workload>;
  readonly jsonFile: string;
}

const usual = { passes: null, warmUpMs: null };
const [WHOLE, QUICK] = [planOf({ quick: false, ...usual }), planOf({ quick: true, ...usual })];

const USAGE = `npm run bench -- [--quick] [--profile] [--only W1,W2,…] [--passes N] [--warm-up S] [--json FILE]
  --quick     all of it in about a minute: less of everything, and idle before the load instead of after it
  --profile   CPU profiles of each of our processes and workload, in .cordyna/bench/profiles
  --only      some of ${WORKLOADS.join(', ')}
  --passes    how often W1 to W3 are measured, in rotated order; default ${WHOLE.throughput.passes}, with --quick ${QUICK.throughput.passes}
  --warm-up   seconds after which nobody is warmed up any more; default ${WHOLE.warmUpMs / 1_000}, with --quick ${QUICK.warmUpMs / 1_000}
  --json      where the figures go; default .cordyna/bench/figures.json`;

function positive(given: string | undefined): number | null {
  if (given === undefined) return null;
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(USAGE);
  return value;
}

/** @throws Error that shows the usage */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
      passes: { type: 'string' },
      'warm-up': { type: 'string' },
      json: { type: 'string', default: '.cordyna/bench/figures.json' },
    },
  });
  const only = values.only?.split(',').map((name) => name.trim());
  const passes = positive(values.passes);
  const warmUp = positive(values['warm-up']);
  const known: readonly string[] = WORKLOADS;
  if (only?.some((name) => !known.includes(name))) throw new Error(USAGE);
  return {
    quick: values.quick,
    profileDir: values.profile ? '.cordyna/bench/profiles' : null,
    workloads: new Set((only as Workload[] | undefined) ?? WORKLOADS),
    passes,
    warmUpMs: warmUp && warmUp * 1_000,
    jsonFile: values.json,
  };
}
