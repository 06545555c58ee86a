import type Docker from 'dockerode';
import type { TaskTools } from '@cordyna/task-server';

const PULL_MS = 20 * 60_000;

/** Has the engine pull an image, its newest state as `:latest` where no tag is named. */
export async function pullImage(docker: Docker, image: string, { logger, signal }: TaskTools): Promise<void> {
  logger.info(`pulling ${image}`);
  const named = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(PULL_MS)]);
  const stream = (await docker.pull(named, { abortSignal })) as NodeJS.ReadableStream & { destroy(): void };
  const give = (): void => stream.destroy();
  abortSignal.addEventListener('abort', give);
  try {
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => reject(abortSignal.reason as Error);
      abortSignal.addEventListener('abort', aborted, { once: true });
      docker.modem.followProgress(stream, (error) => {
        abortSignal.removeEventListener('abort', aborted);
        if (error) reject(Object.assign(error, { statusCode: 404 }));
        else resolve();
      });
    });
  } finally {
    abortSignal.removeEventListener('abort', give);
  }
}
