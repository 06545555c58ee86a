import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stackConfig, type StackConfig } from './config.js';
import { StackError } from './errors.js';
import { kafkaJars } from './kafka-jars.js';
import { brokerAnswers } from './kafka-probe.js';
import { serverProperties, type Listener } from './kafka-settings.js';
import { LocalServer } from './local-server.js';
import { OwnedProcess, rotateLog } from './owned-process.js';
import { freePort, requireFreePort } from './ports.js';
import { runOnce } from './run-once.js';

export interface KafkaOptions {
  /** Data, settings and log; created when missing, kept when stopped. */
  readonly dir: string;
  readonly port: number;
  readonly log?: (line: string) => void;
  /**
   * More listeners, each on a `port` that tells its clients to connect to `advertisedPort`, so that a proxy there sees
   * all of their traffic.
   */
  readonly proxied?: readonly { readonly port: number; readonly advertisedPort: number }[];
  /** Broker settings that replace the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

const FORMAT_MS = 60_000;
const JVM = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-Djava.awt.headless=true', '-Xshare:auto'];

/** A running Apache Kafka of one node, on 127.0.0.1. */
export class LocalKafka extends LocalServer {
  constructor(
    readonly brokers: readonly string[],
    plan: ConstructorParameters<typeof LocalServer>[0],
  ) {
    super(plan);
  }
}

function javaMissing(cause?: unknown): StackError {
  return new StackError(
    'java_missing',
    'Java 17 or newer is needed to run Apache Kafka: install it (java), or set JAVA_HOME, or set KAFKA_BROKERS to a running Kafka.',
    { cause },
  );
}

/** The controller's port is written into the quorum's state when the data is formatted, and must stay. */
async function controllerPort(dir: string): Promise<number> {
  const file = join(dir, 'controller-port');
  if (existsSync(file)) return Number(await readFile(file, 'utf8'));
  const port = await freePort();
  await writeFile(file, String(port));
  return port;
}

async function format(dir: string, config: StackConfig, classPath: string): Promise<void> {
  const done = join(dir, 'formatted');
  if (existsSync(done)) return;
  // What an interrupted formatting left behind cannot be continued.
  await rm(join(dir, 'log'), { recursive: true, force: true });
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    '--standalone',
    '-t',
    id,
    '-c',
    join(dir, 'server.properties'),
  ];
  const outcome = await runOnce(
    config.java,
    [...JVM, '-XX:TieredStopAtLevel=1', '-cp', classPath, ...tool],
    FORMAT_MS,
  );
  if (outcome.code === undefined) throw javaMissing();
  if (outcome.code !== 0) {
    throw new StackError('not_started', `Kafka's data directory could not be formatted:\n${outcome.output}`);
  }
  await writeFile(done, id);
}

/**
 * Starts a real Apache Kafka in KRaft mode and resolves when it answers.
 * @throws StackError `port_in_use`, `java_missing`, `maven_missing`, `kafka_jars_missing`, `kafka_download_failed`,
 *   `not_started`, `not_ready_in_time`
 */
export async function startKafka(options: KafkaOptions): Promise<LocalKafka> {
  const config = stackConfig();
  const dir = resolve(options.dir);
  await requireFreePort(options.port, 'Kafka', 'CORDYNA_KAFKA_PORT');
  const classPath = join(await kafkaJars(config, options.log ?? (() => undefined)), '*');
  await mkdir(dir, { recursive: true });
  const listeners: Listener[] = [{ name: 'PLAINTEXT', port: options.port, advertisedPort: options.port }];
  for (const proxied of options.proxied ?? [])
    listeners.push({ name: `PROXIED_${listeners.length}`, ...proxied });
  const settings = {
    dir,
    listeners,
    controllerPort: await controllerPort(dir),
    overrides: options.settings ?? {},
  };
  await writeFile(join(dir, 'server.properties'), serverProperties(settings));
  await format(dir, config, classPath);

  const logFile = join(dir, 'kafka.log');
  rotateLog(logFile);
  const log4j = fileURLToPath(new URL('../kafka/log4j2.properties', import.meta.url));
  const args = [...JVM, `-Dlog4j2.configurationFile=${log4j}`, '-cp', classPath, 'kafka.Kafka'];
  const kafka = new LocalKafka([`127.0.0.1:${options.port}`], {
    name: 'Kafka',
    launch: () =>
      OwnedProcess.start({
        name: 'Kafka',
        command: config.java,
        args: [...args, join(dir, 'server.properties')],
        cwd: dir,
        logFile,
      }).catch((error: unknown) => {
        throw javaMissing(error);
      }),
    isReady: () => brokerAnswers(options.port),
    stopSignal: 'SIGTERM',
    graceMs: 15_000,
    readyMs: 120_000,
  });
  await kafka.start();
  return kafka;
}
