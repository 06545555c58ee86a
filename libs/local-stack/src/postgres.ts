import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { plainLocale } from './config.js';
import { StackError } from './errors.js';
import { LocalServer } from './local-server.js';
import { OwnedProcess, rotateLog } from './owned-process.js';
import { requireFreePort } from './ports.js';
import { postgresBinaries } from './postgres-binaries.js';
import { untilUnlocked } from './postgres-lock.js';
import { requireReachable, serverUser, type ServerUser } from './postgres-user.js';
import { runOnce } from './run-once.js';

export interface PostgresOptions {
  /** Data and log; created when missing, kept when stopped. */
  readonly dir: string;
  readonly port: number;
  readonly log?: (line: string) => void;
  /** Server settings that replace the defaults. Durability is never relaxed by default. */
  readonly settings?: Readonly<Record<string, string>>;
}

const NAME = 'cordyna';
/** A busy machine takes its time to sync what initdb and CREATE DATABASE write. */
const INIT_MS = 180_000;
const CREATE_MS = 60_000;
const PROBE_MS = 2_000;
const UNLOCK_MS = 10_000;

/** A running PostgreSQL on 127.0.0.1. */
export class LocalPostgres extends LocalServer {
  constructor(
    readonly url: string,
    plan: ConstructorParameters<typeof LocalServer>[0],
  ) {
    super(plan);
  }
}

async function give({ uid, gid }: ServerUser, ...paths: string[]): Promise<void> {
  if (uid === undefined || gid === undefined) return;
  for (const path of paths) await chown(path, uid, gid);
}

async function runInitdb(initdb: string, data: string, user: ServerUser): Promise<void> {
  const secret = await mkdtemp(join(tmpdir(), 'cordyna-initdb-'));
  try {
    const file = join(secret, 'password');
    await writeFile(file, `${NAME}\n`);
    await give(user, secret, file);
    const flags = [
      `--username=${NAME}`,
      `--pwfile=${file}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ];
    const outcome = await runOnce(initdb, [`--pgdata=${data}`, ...flags], INIT_MS, {
      ...user,
      env: plainLocale(),
    });
    if (outcome.code === 0) return;
    throw new StackError('not_started', `PostgreSQL's data directory could not be made:\n${outcome.output}`);
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
}

/** Made under another name first: what an interrupted initdb left behind cannot be continued. */
async function initialise(initdb: string, data: string, user: ServerUser): Promise<void> {
  if (existsSync(data)) return;
  const unfinished = `${data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await give(user, unfinished);
  await runInitdb(initdb, unfinished, user);
  await rename(unfinished, data);
}

async function withClient<T>(
  url: string,
  limitMs: number,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
  });
  client.on('error', () => undefined); // a lost connection rejects the query too
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const answers = (url: string): Promise<boolean> =>
  withClient(url, PROBE_MS, (client) => client.query('SELECT 1')).then(
    () => true,
    () => false,
  );

async function createDatabase(serverUrl: string): Promise<void> {
  await withClient(serverUrl, CREATE_MS, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [NAME]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
  });
}

/**
 * Starts a real PostgreSQL and resolves when it answers; under root it runs as `postgres`, else `nobody`.
 * @throws StackError `port_in_use`, `postgres_binaries_missing`, `directory_unreachable`, `not_started`,
 *   `not_ready_in_time`
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const dir = resolve(options.dir);
  const data = join(dir, 'data');
  await requireFreePort(options.port, 'PostgreSQL', 'CORDYNA_POSTGRES_PORT');
  const binaries = await postgresBinaries();
  const user = await serverUser();
  await mkdir(dir, { recursive: true });
  // npm keeps the mode of packed files, but some unpackers drop the execute bit.
  await Promise.all(
    [binaries.postgres, binaries.initdb].map((file) => chmod(file, 0o755).catch(() => undefined)),
  );
  await requireReachable(dir, user, 'set CORDYNA_HOME to a directory that it may enter');
  await requireReachable(binaries.postgres, user, 'move the project to a directory that it may enter');
  await initialise(binaries.initdb, data, user);

  const serverUrl = `postgres://${NAME}:${NAME}@127.0.0.1:${options.port}/postgres`;
  const settings: Record<string, string> = {
    port: String(options.port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    fsync: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    ...options.settings,
  };
  const logFile = join(dir, 'postgres.log');
  rotateLog(logFile);
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const server = new LocalPostgres(`postgres://${NAME}:${NAME}@127.0.0.1:${options.port}/${NAME}`, {
    name: 'PostgreSQL',
    launch: async () => {
      await untilUnlocked(data, UNLOCK_MS);
      return OwnedProcess.start({
        name: 'PostgreSQL',
        command: binaries.postgres,
        args: ['-D', data, ...flags],
        cwd: dir,
        env: plainLocale(),
        logFile,
        ...user,
      });
    },
    isReady: () => answers(serverUrl),
    stopSignal: 'SIGINT', // "fast": ends sessions, writes a checkpoint
    graceMs: 15_000,
    readyMs: 120_000,
  });
  await server.start();
  await createDatabase(serverUrl);
  return server;
}
