import { validateSync } from 'class-validator';
import { ConfigError } from './config-error.js';
import { DAY_MS, Environment, type LogLevel } from './environment.js';
import { Secret } from './secret.js';

/** Everything that an installation can set. Frozen; checked once, at boot. */
export interface CerebroConfig {
  readonly kafkaBrokers: readonly string[];
  readonly databaseUrl: Secret;
  readonly topicPrefix: string;
  readonly http: { readonly host: string; readonly port: number };
  /** Name of this process, unique per start; its CloudEvents source is `/cerebro/<instance>`. */
  readonly instance: string;
  /** Of the installation, for leases; null: one is kept in the database. */
  readonly secret: Secret | null;
  readonly topics: { readonly partitions: number; readonly replicationFactor: number };
  readonly stallGraceMs: number;
  readonly lostAfterMs: number;
  readonly maxWatermarkStepMs: number;
  readonly sweepAfterMs: number;
  /** For tasks that declare none. */
  readonly defaultTimeouts: { readonly ackMs: number; readonly startMs: number; readonly completeMs: number };
  readonly sessionTimeoutMs: number;
  /** How long what has ended is kept. */
  readonly retentionMs: number;
  /** With so many messages that wait for Kafka nothing new is begun. */
  readonly maxUnpublished: number;
  /** More firings of one rule within a minute blow its fuse. */
  readonly firingsPerMinute: number;
  readonly logLevel: LogLevel;
}

/** @throws ConfigError that names every variable that is wrong */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): CerebroConfig {
  const values = read(env);
  const problems = validateSync(values, { stopAtFirstError: true }).map(
    ({ property, constraints }) => `${property} ${Object.values(constraints ?? {}).join(', ')}`,
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return freeze({
    kafkaBrokers: values.KAFKA_BROKERS.split(',').map((broker) => broker.trim()),
    databaseUrl: new Secret(values.DATABASE_URL),
    topicPrefix: values.CORDYNA_TOPIC_PREFIX,
    http: { host: values.CORDYNA_HTTP_HOST, port: values.CORDYNA_HTTP_PORT },
    instance: values.CORDYNA_INSTANCE,
    secret: values.CORDYNA_SECRET === undefined ? null : new Secret(values.CORDYNA_SECRET),
    topics: { partitions: values.CORDYNA_PARTITIONS, replicationFactor: values.CORDYNA_REPLICATION_FACTOR },
    stallGraceMs: values.CORDYNA_STALL_GRACE_MS,
    lostAfterMs: values.CORDYNA_LOST_AFTER_MS,
    maxWatermarkStepMs: values.CORDYNA_MAX_WATERMARK_STEP_MS,
    sweepAfterMs: values.CORDYNA_SWEEP_AFTER_MS,
    defaultTimeouts: {
      ackMs: values.CORDYNA_DEFAULT_ACK_MS,
      startMs: values.CORDYNA_DEFAULT_START_MS,
      completeMs: values.CORDYNA_DEFAULT_COMPLETE_MS,
    },
    sessionTimeoutMs: values.CORDYNA_SESSION_TIMEOUT_MS,
    retentionMs: values.CORDYNA_RETENTION_DAYS * DAY_MS,
    maxUnpublished: values.CORDYNA_MAX_UNPUBLISHED,
    firingsPerMinute: values.CORDYNA_FIRINGS_PER_MINUTE,
    logLevel: values.CORDYNA_LOG_LEVEL,
  });
}

/** An empty variable is one that is not set: Compose files pass on what they lack as empty. */
function read(env: NodeJS.ProcessEnv): Environment {
  const values = new Environment();
  const target = values as unknown as Record<string, unknown>;
  for (const name of VARIABLES) {
    const text = env[name]?.trim();
    if (!text) continue;
    target[name] = typeof target[name] === 'number' ? toNumber(text) : text;
  }
  return values;
}

/** The names of all variables that are read. */
export const VARIABLES: readonly string[] = [...Object.keys(new Environment()), 'CORDYNA_SECRET'];

const toNumber = (text: string): number => (/^-?\d+$/.test(text) ? Number(text) : Number.NaN);

function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) freeze(member as object);
  return Object.freeze(value);
}
