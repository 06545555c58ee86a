/** What scripts/test.mjs passes on to the test files. */
export interface TestStackAddress {
  readonly brokers: readonly string[];
  /** URL of a database whose user may create others. */
  readonly databaseUrl: string;
}

/** The run's shared Kafka and PostgreSQL; undefined when jest was started on its own. */
export function sharedStackAddress(env: NodeJS.ProcessEnv = process.env): TestStackAddress | undefined {
  const brokers = env['CORDYNA_TEST_KAFKA'];
  const databaseUrl = env['CORDYNA_TEST_POSTGRES'];
  return brokers && databaseUrl ? { brokers: brokers.split(','), databaseUrl } : undefined;
}

/** A migrated database on the run's PostgreSQL, to be copied; undefined when jest was started on its own. */
export const migratedDatabase = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env['CORDYNA_TEST_MIGRATED'] || undefined;

/** Where the run put each program into one file; undefined when jest was started on its own. */
export const programsDirectory = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env['CORDYNA_TEST_PROGRAMS'] || undefined;

const OURS = /^(CORDYNA_|KAFKA_|DATABASE_URL$|JEST_|NODE_OPTIONS$|npm_)/;

/** The environment for a started process: this one's without anything that would configure it by accident. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return { ...Object.fromEntries(kept), NODE_ENV: 'production', ...env };
}

export interface FuzzSettings {
  /** How many inputs each of the fuzzers makes. */
  readonly inputs: number;
  /** Of the first input; each one has a seed of its own, and the next one's is one more. */
  readonly seed: number;
  /** The command that makes this input, and so many before it, again. */
  command(at: number, before?: number): string;
}

/** What `npm run fuzz` asks for; `npm test` always makes the same inputs. */
export function fuzzSettings(env: NodeJS.ProcessEnv = process.env): FuzzSettings {
  const inputs = Number(env['CORDYNA_FUZZ_INPUTS'] ?? 10_000);
  const seed = Number(env['CORDYNA_FUZZ_SEED'] ?? 1);
  return {
    inputs,
    seed,
    command: (at, before = 0) => `npm run fuzz -- --inputs ${before + 1} --seed ${seed + at - before}`,
  };
}

/** Neighbouring seeds must not make inputs that begin alike. */
export function fuzzSeed(seed: number): number {
  const mixed = Math.imul((seed ^ (seed >>> 15)) + 0x6d2b79f5, 0x9e3779b1);
  return mixed ^ (mixed >>> 13);
}
