import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KAFKA_VERSION, type StackConfig } from './config.js';
import { StackError } from './errors.js';
import { runOnce } from './run-once.js';

const DOWNLOAD_MS = 300_000;

async function hasBroker(dir: string): Promise<boolean> {
  if (!existsSync(dir)) return false;
  return (await readdir(dir)).some((file) => /^kafka_2\.\d+-.*\.jar$/.test(file));
}

async function download(target: string, maven: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = await mkdtemp(`${target}.`);
  try {
    const pom = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url));
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${temporary}`];
    const outcome = await runOnce(maven, ['-q', '-B', '-f', pom, ...goal], DOWNLOAD_MS);
    if (outcome.code === undefined) {
      throw new StackError(
        'maven_missing',
        'Maven is needed once to fetch Apache Kafka: install it (mvn), or set KAFKA_HOME to an unpacked Kafka, or KAFKA_BROKERS to a running one.',
      );
    }
    if (outcome.code !== 0 || !(await hasBroker(temporary))) {
      throw new StackError(
        'kafka_download_failed',
        `Maven could not fetch Apache Kafka ${KAFKA_VERSION}; set KAFKA_HOME to an unpacked Kafka or KAFKA_BROKERS to a running one. Maven says:\n${outcome.output}`,
        { retriable: true },
      );
    }
    await rename(temporary, target).catch(async (error: unknown) => {
      // Somebody else was faster: theirs is as good.
      if (!(await hasBroker(target))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * The folder with the broker's jars: KAFKA_HOME, else the cache, else Maven fills the cache.
 * Two processes at once do not disturb each other: each fetches into a folder of its own and renames it.
 * @throws StackError `kafka_jars_missing`, `maven_missing`, `kafka_download_failed`
 */
export async function kafkaJars(config: StackConfig, log: (line: string) => void): Promise<string> {
  if (config.kafkaHome !== undefined) {
    const libs = join(config.kafkaHome, 'libs');
    if (await hasBroker(libs)) return libs;
    throw new StackError(
      'kafka_jars_missing',
      `KAFKA_HOME is set, but ${libs} holds no Kafka: correct or unset it.`,
    );
  }
  if (!(await hasBroker(config.kafkaCache))) {
    log(`fetching Apache Kafka ${KAFKA_VERSION} with Maven into ${config.kafkaCache} (once, 44 MB)`);
    await download(config.kafkaCache, config.maven);
  }
  return config.kafkaCache;
}
