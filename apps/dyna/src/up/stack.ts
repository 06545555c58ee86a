import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  requireFreePort,
  startKafka,
  startPostgres,
  type Exit,
  type LocalServer,
} from '@cordyna/local-stack';
import type { Api } from '../api/client.js';
import { CliError } from '../cli-error.js';
import type { DynaConfig } from '../config.js';
import { startApp, type StartedApp } from './apps.js';
import { until } from './until.js';

const EXAMPLES = ['task-server-a', 'task-server-b', 'task-server-c'];
const READY_MS = 120_000;
const REGISTERED_MS = 30_000;
/** A task server that drains finishes what it has begun; on a laptop nobody wants to wait long for that. */
const DRAIN_MS = 5_000;
const TASK_SERVER_GRACE_MS = 8_000;
const CEREBRO_GRACE_MS = 10_000;

/** One line of the table of what runs where. */
export interface Place {
  readonly what: string;
  readonly where: string;
  readonly log: string;
}

export type Progress = (line: string) => void;

/** Everything that `dyna up` runs, started and stopped in the order of who needs whom. */
export class Stack {
  readonly places: Place[] = [];
  readonly #servers: LocalServer[] = [];
  readonly #examples: StartedApp[] = [];
  readonly #logs: string;
  #cerebro: StartedApp | undefined;
  #starting: Promise<void> | undefined;
  #stopping = false;
  #reportLoss!: (reason: CliError) => void;
  /** Rejects when something ends that was not told to. */
  readonly lost: Promise<never>;

  constructor(
    private readonly config: DynaConfig,
    private readonly api: Api,
    private readonly progress: Progress,
  ) {
    this.#logs = join(resolve(config.home), 'logs');
    this.lost = new Promise((_, reject) => (this.#reportLoss = reject));
    this.lost.catch(() => undefined); // nobody listens yet while it starts
  }

  start(): Promise<void> {
    this.#starting = this.#startAll();
    return this.#starting;
  }

  /** Task servers first, while Cerebro still hears what they say, then Cerebro, then what it needs. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // What is just being started can be stopped only when it has been.
    await this.#starting?.catch(() => undefined);
    await Promise.all(this.#examples.map((app) => app.process.stop('SIGTERM', TASK_SERVER_GRACE_MS)));
    await this.#cerebro?.process.stop('SIGTERM', CEREBRO_GRACE_MS);
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    const apps = [...this.#examples, ...(this.#cerebro ? [this.#cerebro] : [])];
    await Promise.all([
      ...apps.map((app) => app.process.kill()),
      ...this.#servers.map((server) => server.kill()),
    ]);
  }

  async #startAll(): Promise<void> {
    const { config } = this;
    await this.#requirePorts();
    await mkdir(this.#logs, { recursive: true });
    const outcomes = await Promise.allSettled([this.#startKafka(), this.#startPostgres()]);
    const [brokers, databaseUrl] = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    const env = {
      ...config.inherited,
      NO_COLOR: '1', // logs go to files
      KAFKA_BROKERS: brokers,
      CORDYNA_HTTP_PORT: String(config.httpPort),
    };
    if (!this.#stopping) await this.#startCerebro({ ...env, DATABASE_URL: databaseUrl });
    if (!this.#stopping && config.examples)
      await this.#startExamples({ CORDYNA_DRAIN_MS: String(DRAIN_MS), ...env });
  }

  /** All of them before anything is started. */
  async #requirePorts(): Promise<void> {
    const { config } = this;
    await requireFreePort(config.httpPort, 'Cerebro', 'CORDYNA_HTTP_PORT');
    if (!config.kafkaBrokers) await requireFreePort(config.kafkaPort, 'Kafka', 'CORDYNA_KAFKA_PORT');
    if (!config.databaseUrl)
      await requireFreePort(config.postgresPort, 'PostgreSQL', 'CORDYNA_POSTGRES_PORT');
  }

  async #startKafka(): Promise<string> {
    const { kafkaBrokers, kafkaPort: port } = this.config;
    if (kafkaBrokers !== undefined) {
      this.places.push({ what: 'Kafka', where: kafkaBrokers, log: 'given by KAFKA_BROKERS' });
      return kafkaBrokers;
    }
    this.progress('starting Kafka');
    const dir = join(resolve(this.config.home), 'kafka');
    const kafka = await startKafka({ dir, port, log: this.progress });
    this.#own(kafka, join(dir, 'kafka.log'));
    const brokers = kafka.brokers.join(',');
    this.places.push({ what: 'Kafka', where: brokers, log: join(dir, 'kafka.log') });
    this.progress('Kafka is ready');
    return brokers;
  }

  async #startPostgres(): Promise<string> {
    const { databaseUrl, postgresPort: port } = this.config;
    if (databaseUrl !== undefined) {
      this.places.push({
        what: 'PostgreSQL',
        where: hidePassword(databaseUrl),
        log: 'given by DATABASE_URL',
      });
      return databaseUrl;
    }
    this.progress('starting PostgreSQL');
    const dir = join(resolve(this.config.home), 'postgres');
    const postgres = await startPostgres({ dir, port, log: this.progress });
    this.#own(postgres, join(dir, 'postgres.log'));
    this.places.push({ what: 'PostgreSQL', where: postgres.url, log: join(dir, 'postgres.log') });
    this.progress('PostgreSQL is ready');
    return postgres.url;
  }

  async #startCerebro(env: NodeJS.ProcessEnv): Promise<void> {
    this.progress('starting Cerebro');
    const cerebro = await this.#startApp('cerebro', env);
    this.#cerebro = cerebro;
    const ready = await until(
      () => this.api.ready(),
      READY_MS,
      () => cerebro.process.exit !== undefined,
    );
    if (!ready) {
      throw new CliError(
        `Cerebro ${cerebro.process.exit ? 'ended while starting' : `is not ready: ${await this.api.readiness()}`}\n${cerebro.process.tail()}`,
        `Its whole log is in ${cerebro.logFile}.`,
      );
    }
    this.places.push({ what: 'Cerebro and the monitor', where: this.api.url, log: cerebro.logFile });
    this.progress('Cerebro is ready');
  }

  async #startExamples(env: NodeJS.ProcessEnv): Promise<void> {
    this.progress('starting the example task servers');
    for (const app of EXAMPLES) {
      const started = await this.#startApp(app, env);
      this.#examples.push(started);
      this.places.push({ what: `example ${app}`, where: `pid ${started.process.pid}`, log: started.logFile });
    }
    const online = async (): Promise<boolean> =>
      (await this.api.servers()).filter(({ state }) => state === 'online').length >= EXAMPLES.length;
    const dead = (): boolean =>
      this.#stopping || this.#examples.some(({ process }) => process.exit !== undefined);
    if (await until(online, REGISTERED_MS, dead)) this.progress('the example task servers are registered');
    else if (!dead()) this.progress('the example task servers run, but are not all registered yet');
  }

  async #startApp(app: string, env: NodeJS.ProcessEnv): Promise<StartedApp> {
    const started = await startApp({ app, env, logs: this.#logs });
    void started.process.exited.then((exit) =>
      this.#onExit(app, exit, started.logFile, started.process.tail()),
    );
    return started;
  }

  #own(server: LocalServer, logFile: string): void {
    this.#servers.push(server);
    server.onLoss((exit) => this.#onExit(server.name, exit, logFile, server.tail()));
  }

  #onExit(name: string, exit: Exit, logFile: string, tail: string): void {
    if (this.#stopping) return;
    const how = exit.signal ? `was ended by ${exit.signal}` : `ended with code ${exit.code}`;
    this.#reportLoss(new CliError(`${name} ${how}.\n${tail}`.trim(), `Its whole log is in ${logFile}.`));
  }
}

function hidePassword(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '…';
  return decodeURI(shown.href);
}
