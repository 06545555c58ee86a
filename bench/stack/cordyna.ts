import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CEREBRO_NODE, freePort, OwnedProcess } from '@cordyna/local-stack';
import { Child } from './children.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RECORDER = new URL('../profile/recorder.mjs', import.meta.url).href;
const READY_MS = 60_000;
const STOP_MS = 20_000;

/** A coordinator with topics and a database of its own, and a task server that has all shapes but the large one. */
export interface Cordyna {
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  /** Of its topics. */
  readonly prefix: string;
  /** Of the coordinator. */
  readonly url: string;
  /** Its processes, its broker and its database, and the bench as `client`. */
  readonly pids: Readonly<Record<'coordinator' | 'task server' | 'PostgreSQL' | 'Kafka' | 'client', number>>;
  /** Another task server; it has declared itself when this resolves. */
  startTaskServer(name: string, shapes: readonly string[], queueLimit?: number): Promise<Child>;
  stop(): Promise<void>;
}

export interface CordynaPlan {
  /** The prefix of its topics, too. */
  readonly name: string;
  /** Of its logs. */
  readonly dir: string;
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly kafkaPid: number;
  readonly postgresPid: number;
  /** File that says whether a profile is taken; empty: none is. */
  readonly profileSettings: string;
}

function cerebroEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CORDYNA_|KAFKA_|DATABASE_URL$|NODE_)/.test(name),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production', ...settings };
}

async function startCerebro(plan: CordynaPlan, port: number): Promise<OwnedProcess> {
  const { name, dir, brokers, databaseUrl, profileSettings } = plan;
  const entry = join(ROOT, 'apps/cerebro/dist/main.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: build it with "npm run build".`);
  const cerebro = await OwnedProcess.start({
    name: 'cerebro',
    command: process.execPath,
    args: [...CEREBRO_NODE.flags, '--import', RECORDER, entry],
    env: cerebroEnvironment({
      ...CEREBRO_NODE.environment,
      KAFKA_BROKERS: brokers.join(','),
      DATABASE_URL: databaseUrl,
      CORDYNA_TOPIC_PREFIX: name,
      CORDYNA_HTTP_PORT: String(port),
      CORDYNA_LOG_LEVEL: 'warn',
      CORDYNA_BENCH_PROFILE: profileSettings,
      CORDYNA_BENCH_NAME: 'cerebro',
    }),
    logFile: join(dir, `cerebro-${name}.log`),
  });
  const end = performance.now() + READY_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
    if (response?.status === 200) return cerebro;
    if (cerebro.exit || performance.now() > end) {
      await cerebro.stop('SIGTERM', STOP_MS);
      throw new Error(`Cerebro is not ready:\n${cerebro.tail()}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** @throws Error when the coordinator is not ready, or the task server has not declared itself, in time; nothing is left */
export async function startCordyna(plan: CordynaPlan): Promise<Cordyna> {
  const { name: prefix, dir, brokers, databaseUrl, kafkaPid, postgresPid } = plan;
  const port = await freePort();
  const cerebro = await startCerebro(plan, port);
  const servers: Child[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    await cerebro.stop('SIGTERM', STOP_MS);
  };
  const startTaskServer = async (name: string, shapes: readonly string[], queueLimit?: number) => {
    const args = [brokers.join(','), prefix, name, shapes.join(','), String(queueLimit ?? '')];
    const script = new URL('./task-server.ts', import.meta.url);
    const server = await Child.start({ name: `${prefix}-${name}`, script, args, logDir: dir });
    servers.push(server);
    return server;
  };
  try {
    const server = await startTaskServer('bench', ['chain', 'fan', 'diamond', 'single']);
    const pids = {
      coordinator: cerebro.pid,
      'task server': server.pid,
      PostgreSQL: postgresPid,
      Kafka: kafkaPid,
      client: process.pid,
    };
    return { brokers, databaseUrl, prefix, url: `http://127.0.0.1:${port}`, pids, startTaskServer, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
