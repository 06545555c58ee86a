import { TaskFailure } from '@cordyna/task-server';

interface EngineError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
}
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

/** What went wrong between runner and engine, for whoever looks at the task. */
export function engineFailure(doing: string, error: unknown): TaskFailure {
  if (error instanceof TaskFailure) return error;
  const cause = error as EngineError;
  if (UNREACHABLE.has(cause.code ?? '')) {
    return TaskFailure.retryable(
      'no_docker_engine',
      `there is no Docker engine to ${doing}: ${cause.message}`,
      {
        description:
          'Start Docker on the machine of the runner and let the runner reach it (by /var/run/docker.sock or DOCKER_HOST).',
        cause,
      },
    );
  }
  const { statusCode = 0 } = cause;
  const message = `the Docker engine could not ${doing}: ${cause.message.trim()}`;
  if (statusCode === 404) return TaskFailure.nonRetryable('image_not_found', message, { cause });
  // What the engine calls a bad request will be one in the next attempt too.
  if (statusCode === 400) return TaskFailure.nonRetryable('container_refused', message, { cause });
  return TaskFailure.retryable('docker_engine_failed', message, { cause });
}
