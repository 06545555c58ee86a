import { freePort } from '@cordyna/local-stack';
import { api, type Api } from './api.js';
import { awaitUntil } from './await-until.js';
import { programCommand } from './paths.js';
import { startProcess, type StartedProcess } from './start-process.js';

/** Of each topic that Cerebro creates here: all the test files share one broker, and each partition costs it something. */
export const PARTITIONS = 4;

export interface CerebroOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly databaseUrl: string;
  /** Shorter time limits and the like. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: a free one. */
  readonly port?: number;
  /** Default 30 s. 0: resolves as soon as the process runs. */
  readonly readyMs?: number;
}

export interface StartedCerebro {
  readonly url: string;
  readonly port: number;
  readonly process: StartedProcess;
  readonly api: Api;
  /** Resolves when `GET /health/ready` answers 200. */
  untilReady(timeoutMs?: number): Promise<void>;
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
  if (response.status === 200) return true;
  throw new Error(`GET /health/ready: ${response.status} ${(await response.text()).slice(0, 500)}`);
}

/** Runs the compiled Cerebro as a process of its own. */
export async function startCerebro(options: CerebroOptions): Promise<StartedCerebro> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = await startProcess({
    name: 'cerebro',
    command: programCommand('cerebro'),
    env: {
      KAFKA_BROKERS: options.brokers.join(','),
      DATABASE_URL: options.databaseUrl,
      CORDYNA_TOPIC_PREFIX: options.prefix,
      CORDYNA_HTTP_PORT: String(port),
      CORDYNA_PARTITIONS: String(PARTITIONS),
      ...options.env,
    },
  });

  async function untilReady(timeoutMs = 30_000): Promise<void> {
    const outcome = await awaitUntil(
      'Cerebro is ready',
      async () => (child.exit ? 'ended' : (await isReady(url)) && 'ready'),
      { timeoutMs },
    ).catch((error: unknown) => error as Error);
    if (outcome === 'ready') return;
    const why = outcome === 'ended' ? 'Cerebro ended while starting.' : (outcome as Error).message;
    throw new Error(`${why} It wrote:\n${child.output().slice(-4_000)}`);
  }

  if (options.readyMs !== 0) await untilReady(options.readyMs);
  return { url, port, process: child, api: api(url), untilReady };
}
