/** BullMQ with Redis, both as shipped: of all systems of the kind that were measured, the one that does most per second. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, OwnedProcess } from '@cordyna/local-stack';
import { Child } from '../stack/children.js';

const ENDED = 'bench:ended';
const STOP_MS = 10_000;

export interface Bullmq {
  readonly redisPid: number;
  readonly worker: Child;
  readonly client: Child;
  stop(): Promise<void>;
}

/** @returns null when there is no `redis-server` on the PATH */
export async function startBullmq(dir: string): Promise<Bullmq | null> {
  const data = join(dir, 'redis');
  await mkdir(data);
  const port = String(await freePort());
  const redis = await OwnedProcess.start({
    name: 'redis',
    command: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', port, '--dir', data],
    logFile: join(dir, 'redis.log'),
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (!redis) return null;
  const closers: (() => Promise<unknown>)[] = [() => redis.stop('SIGTERM', STOP_MS)];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const child = async (name: string, file: string): Promise<Child> => {
    const script = new URL(file, import.meta.url);
    const started = await Child.start({ name, script, args: [port, ENDED], logDir: dir });
    closers.push(() => started.stop());
    return started;
  };
  try {
    const worker = await child('bullmq-worker', './bullmq-worker.ts');
    const client = await child('bullmq-client', './bullmq-client.ts');
    return { redisPid: redis.pid, worker, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
