import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBus } from '@cordyna/bus';
import { CEREBRO_NODE, freePort, OwnedProcess, startKafka, startPostgres } from '@cordyna/local-stack';
import { STATEMENT_SETTINGS, StatementStatistics } from '../profile/statements.js';
import { BASELINE_PARTITIONS } from '../baselines/kafka.js';
import { startBullmq, type Bullmq } from '../peers/bullmq.js';
import { Child } from './children.js';
import { Profiles } from './profiles.js';
import type { Pids } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RECORDER = new URL('../profile/recorder.mjs', import.meta.url).href;
const READY_MS = 60_000;
const STOP_MS = 20_000;

export const PREFIX = 'cordyna';
export const BASELINES = ['bare', 'commit'] as const;
export type BaselineName = (typeof BASELINES)[number];

/** Everything that the bench measures, each in processes of its own, on one machine. */
export interface BenchStack {
  readonly dir: string;
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  /** Of Cerebro. */
  readonly url: string;
  /** The processes of Cordyna, its broker and its database, and the bench as `client`. */
  readonly pids: Pids;
  readonly relays: Readonly<Record<BaselineName, Child>>;
  readonly echoes: Readonly<Record<BaselineName, Child>>;
  /** The relay with commit as it was when the figures of others were taken: to tell whether the machine is quiet. */
  readonly calibration: { readonly relay: Child; readonly echo: Child };
  /** Null without a `redis-server`. */
  readonly bullmq: Bullmq | null;
  readonly profiles: Profiles;
  /** Another task server; it has declared itself when this resolves. */
  startTaskServer(name: string, shapes: readonly string[], queueLimit?: number): Promise<Child>;
  stop(): Promise<void>;
}

function cerebroEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CORDYNA_|KAFKA_|DATABASE_URL$|NODE_)/.test(name),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production', ...settings };
}

async function startCerebro(stack: {
  dir: string;
  brokers: readonly string[];
  databaseUrl: string;
  port: number;
  profileSettings: string;
}): Promise<OwnedProcess> {
  const entry = join(ROOT, 'apps/cerebro/dist/main.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: build it with "npm run build".`);
  const cerebro = await OwnedProcess.start({
    name: 'cerebro',
    command: process.execPath,
    args: [...CEREBRO_NODE.flags, '--import', RECORDER, entry],
    env: cerebroEnvironment({
      ...CEREBRO_NODE.environment,
      KAFKA_BROKERS: stack.brokers.join(','),
      DATABASE_URL: stack.databaseUrl,
      CORDYNA_TOPIC_PREFIX: PREFIX,
      CORDYNA_HTTP_PORT: String(stack.port),
      CORDYNA_LOG_LEVEL: 'warn',
      CORDYNA_BENCH_PROFILE: stack.profileSettings,
      CORDYNA_BENCH_NAME: 'cerebro',
    }),
    logFile: join(stack.dir, 'cerebro.log'),
  });
  const end = performance.now() + READY_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${stack.port}/health/ready`).catch(() => null);
    if (response?.status === 200) return cerebro;
    if (cerebro.exit || performance.now() > end) throw new Error(`Cerebro is not ready:\n${cerebro.tail()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** What is started side by side; when one fails, the others are waited for all the same, so that they can be stopped. */
async function together<T extends readonly unknown[]>(works: {
  readonly [at in keyof T]: Promise<T[at]>;
}): Promise<T> {
  await Promise.allSettled(works);
  return (await Promise.all(works)) as unknown as T;
}

async function startBaselines(
  dir: string,
  brokers: readonly string[],
  databaseUrl: string,
  kept: (child: Child) => Child,
): Promise<Pick<BenchStack, 'relays' | 'echoes' | 'calibration'>> {
  const bus = createBus({ brokers: [...brokers], clientId: 'bench-topics' });
  const start = async (name: BaselineName | 'calibration', partitions: number) => {
    const prefix = `bench-${name}`;
    const specs = ['commands', 'events'].map((topic) => ({
      name: `${prefix}.${topic}`,
      partitions,
      config: {},
    }));
    await bus.admin().ensureTopics(specs);
    const child = async (what: string, file: string, args: readonly string[]) =>
      kept(
        await Child.start({
          name: `${what}-${name}`,
          script: new URL(`../baselines/${file}`, import.meta.url),
          args,
          logDir: dir,
        }),
      );
    const echo = await child('echo', 'echo.ts', [brokers.join(','), prefix]);
    const file = name === 'bare' ? 'bare-relay.ts' : 'relay-with-commit.ts';
    return { relay: await child('relay', file, [brokers.join(','), prefix, databaseUrl]), echo };
  };
  const [bare, commit, calibration] = await together([
    start('bare', BASELINE_PARTITIONS),
    start('commit', BASELINE_PARTITIONS),
    start('calibration', 1),
  ]);
  await bus.close();
  return {
    relays: { bare: bare.relay, commit: commit.relay },
    echoes: { bare: bare.echo, commit: commit.echo },
    calibration,
  };
}

/** @param profileDir null: no profiles are taken */
export async function startStack(profileDir: string | null): Promise<BenchStack> {
  const dir = await mkdtemp(join(tmpdir(), 'cordyna-bench-'));
  await chmod(dir, 0o755);
  const closers: (() => Promise<unknown>)[] = [
    () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  ];
  const stop = async () => {
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => console.error(error));
  };
  const kept = <T extends { stop(): Promise<unknown> }>(started: T): T => {
    closers.push(() => started.stop());
    return started;
  };
  try {
    const profileSettings = profileDir === null ? '' : join(dir, 'profile');
    if (profileDir !== null) {
      await mkdir(profileDir, { recursive: true });
      await writeFile(profileSettings, '');
      process.env.CORDYNA_BENCH_PROFILE = profileSettings;
    }
    const [kafka, postgres, bullmq] = await together([
      startKafka({ dir: join(dir, 'kafka'), port: await freePort() }).then(kept),
      startPostgres({
        dir: join(dir, 'postgres'),
        port: await freePort(),
        settings: profileDir === null ? {} : STATEMENT_SETTINGS,
      }).then(kept),
      startBullmq(dir).then((started) => started && kept(started)),
    ]);
    const port = await freePort();
    const databaseUrl = postgres.url;
    const { brokers } = kafka;
    const startTaskServer = async (name: string, shapes: readonly string[], queueLimit?: number) => {
      const args = [brokers.join(','), PREFIX, name, shapes.join(','), String(queueLimit ?? '')];
      const script = new URL('./task-server.ts', import.meta.url);
      return kept(await Child.start({ name: `server-${name}`, script, args, logDir: dir }));
    };
    const startCordyna = async () => {
      const cerebro = await startCerebro({ dir, brokers, databaseUrl, port, profileSettings });
      closers.push(() => cerebro.stop('SIGTERM', STOP_MS));
      return { cerebro, server: await startTaskServer('bench', ['chain', 'fan', 'diamond', 'single']) };
    };
    const [{ cerebro, server }, baselines] = await together([
      startCordyna(),
      startBaselines(dir, brokers, databaseUrl, kept),
    ]);
    const pids = {
      coordinator: cerebro.pid,
      'task server': server.pid,
      PostgreSQL: postgres.pid,
      Kafka: kafka.pid,
      client: process.pid,
    };
    const profiled = { cerebro: cerebro.pid, 'server-bench': server.pid };
    const statements = profileDir === null ? null : await StatementStatistics.open(databaseUrl);
    if (statements) closers.push(() => statements.close());
    const profiles = new Profiles(
      profileDir === null ? null : resolve(profileDir),
      profileSettings,
      profiled,
      statements,
    );
    return {
      dir,
      brokers,
      databaseUrl,
      url: `http://127.0.0.1:${port}`,
      pids,
      ...baselines,
      bullmq,
      profiles,
      startTaskServer,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
