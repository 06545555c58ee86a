import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Kafka that the jars are taken for; the same number stands in kafka/pom.xml. */
export const KAFKA_VERSION = '4.3.0';

/** What the environment says about where Kafka, Java and PostgreSQL are. */
export interface StackConfig {
  /** Brokers that run already; the local stack then starts none. */
  readonly kafkaBrokers: readonly string[] | undefined;
  /** An unpacked Apache Kafka distribution. */
  readonly kafkaHome: string | undefined;
  readonly kafkaCache: string;
  readonly java: string;
  readonly maven: string;
  /** A PostgreSQL that runs already. */
  readonly databaseUrl: string | undefined;
}

export function stackConfig(env: NodeJS.ProcessEnv = process.env): StackConfig {
  const brokers = env['KAFKA_BROKERS']
    ?.split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return {
    kafkaBrokers: brokers?.length ? brokers : undefined,
    kafkaHome: env['KAFKA_HOME'] || undefined,
    kafkaCache: join(cache, 'cordyna', `kafka-${KAFKA_VERSION}`),
    java: env['JAVA_HOME'] ? join(env['JAVA_HOME'], 'bin', 'java') : 'java',
    maven: env['MAVEN_HOME'] ? join(env['MAVEN_HOME'], 'bin', 'mvn') : 'mvn',
    databaseUrl: env['DATABASE_URL'] || undefined,
  };
}

/** For PostgreSQL's programs, whose messages and sort order must not depend on the machine. */
export const plainLocale = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...env,
  LC_ALL: 'C',
});
