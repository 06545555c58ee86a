import type { Readable } from 'node:stream';
import { CliError } from './cli-error.js';

/** All that dyna takes from the environment. */
export interface DynaConfig {
  /** Where Cerebro's HTTP API is. */
  readonly url: string;
  /** Data and logs of `dyna up`. */
  readonly home: string;
  readonly kafkaPort: number;
  readonly postgresPort: number;
  readonly httpPort: number;
  /** Whether `dyna up` starts the example task servers. */
  readonly examples: boolean;
  /** Given ones are used instead of starting one. */
  readonly kafkaBrokers: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly color: boolean;
  /** npm and its shell stand between the terminal and us, and may die without telling us. */
  readonly startedByNpm: boolean;
  /** The standard input; asked for by who reads it. */
  readonly input: () => Readable;
  /** What started processes inherit. */
  readonly inherited: NodeJS.ProcessEnv;
}

function port(env: NodeJS.ProcessEnv, variable: string, otherwise: number): number {
  const given = env[variable];
  if (given === undefined || given === '') return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new CliError(
    `${variable} is "${given}", which is no port.`,
    `Set ${variable} to a number from 1 to 65535.`,
  );
}

/** The environment itself; read here and nowhere else. */
export const dynaEnvironment = (): NodeJS.ProcessEnv => process.env;

export function dynaConfig(env: NodeJS.ProcessEnv): DynaConfig {
  const httpPort = port(env, 'CORDYNA_HTTP_PORT', 7000);
  return {
    url: (env['CORDYNA_URL'] || `http://127.0.0.1:${httpPort}`).replace(/\/+$/, ''),
    home: env['CORDYNA_HOME'] || '.cordyna',
    kafkaPort: port(env, 'CORDYNA_KAFKA_PORT', 9092),
    postgresPort: port(env, 'CORDYNA_POSTGRES_PORT', 54_329),
    httpPort,
    examples: env['CORDYNA_EXAMPLES'] !== 'none',
    kafkaBrokers: env['KAFKA_BROKERS'] || undefined,
    databaseUrl: env['DATABASE_URL'] || undefined,
    color: !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    startedByNpm: env['npm_lifecycle_event'] !== undefined,
    input: () => process.stdin,
    inherited: env,
  };
}
