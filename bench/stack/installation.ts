import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createBus } from '@cordyna/bus';
import { freePort, startKafka, startPostgres } from '@cordyna/local-stack';
import { Client } from 'pg';
import { STATEMENT_SETTINGS, StatementStatistics } from '../profile/statements.js';
import { BASELINE_PARTITIONS } from '../baselines/kafka.js';
import { startBullmq, type Bullmq } from '../peers/bullmq.js';
import { Child } from './children.js';
import { startCordyna, type Cordyna } from './cordyna.js';
import { Profiles } from './profiles.js';

export const BASELINES = ['bare', 'commit'] as const;
export type BaselineName = (typeof BASELINES)[number];

/** Everything that the bench measures, each in processes of its own, on one machine. */
export interface BenchStack extends Cordyna {
  readonly relays: Readonly<Record<BaselineName, Child>>;
  readonly echoes: Readonly<Record<BaselineName, Child>>;
  /** The relay with commit as it was when the figures of others were taken: to tell whether the machine is quiet. */
  readonly calibration: { readonly relay: Child; readonly echo: Child };
  /** Null without a `redis-server`. */
  readonly bullmq: Bullmq | null;
  readonly profiles: Profiles;
  /** Another Cordyna on the same broker and the same PostgreSQL, with topics and a database of its own. */
  startAnother(name: string): Promise<Cordyna>;
}

/** @returns its URL */
async function newDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
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
    const shared = {
      dir,
      brokers: kafka.brokers,
      kafkaPid: kafka.pid,
      postgresPid: postgres.pid,
      profileSettings,
    };
    const [cordyna, baselines] = await together([
      startCordyna({ ...shared, name: 'cordyna', databaseUrl: postgres.url }).then(kept),
      startBaselines(dir, kafka.brokers, postgres.url, kept),
    ]);
    const startAnother = async (name: string) =>
      kept(await startCordyna({ ...shared, name, databaseUrl: await newDatabase(postgres.url, name) }));
    const profiled = { cerebro: cordyna.pids.coordinator, 'cordyna-bench': cordyna.pids['task server'] };
    const statements = profileDir === null ? null : await StatementStatistics.open(postgres.url);
    if (statements) closers.push(() => statements.close());
    const profiles = new Profiles(
      profileDir === null ? null : resolve(profileDir),
      profileSettings,
      profiled,
      statements,
    );
    return { ...cordyna, ...baselines, bullmq, profiles, startAnother, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
