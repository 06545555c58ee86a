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

/** Where the run put each program into one file; undefined when jest was started on its own. */
export const programsDirectory = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env['CORDYNA_TEST_PROGRAMS'] || undefined;

const OURS = /^(CORDYNA_|KAFKA_|DATABASE_URL$|JEST_|NODE_OPTIONS$|npm_)/;

/** The environment for a started process: this one's without anything that would configure it by accident. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return { ...Object.fromEntries(kept), NODE_ENV: 'production', ...env };
}
