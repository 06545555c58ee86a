import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { TaskFailure } from '@cordyna/task-server';
import type { TaskContext } from '@cordyna/task-server';
import { OutputLines } from '../command/output-lines.js';
import { EXPLAINING_LINES } from '../command/run-command.js';
import type { ContainerSettings } from '../settings/settings.js';
import { createOptions } from './create-options.js';
import { engineFailure } from './engine-failure.js';
import { pullImage } from './pull-image.js';

export interface ContainerRun {
  readonly settings: ContainerSettings;
  readonly timeoutMs: number;
  readonly logLines: number;
}

/** For one answer of the engine. */
const ANSWER_MS = 30_000;
/** Between SIGTERM and SIGKILL, by the engine's clock; below what the SDK leaves to handlers that are aborted. */
const STOP_SECONDS = 1;
/** After its end, for lines that are still on their way. */
const LINES_MS = 2_000;

/**
 * Runs a container to its end and removes it, whatever happens; its lines are the task's log.
 * @throws TaskFailure `no_docker_engine`, `image_not_found`, `container_refused`, `container_failed`, `container_timeout`,
 *   `docker_engine_failed`
 */
export async function runContainer(docker: Docker, run: ContainerRun, context: TaskContext): Promise<object> {
  const { event, tools } = context;
  const begun = performance.now();
  const container = await created(docker, run, context);
  const output = new OutputLines(tools.logger, run.logLines);
  try {
    tools.signal.throwIfAborted();
    const { lines } = await attached(docker, container, output);
    await container
      .start({ abortSignal: answerLimit() })
      .catch((error: unknown) => Promise.reject(engineFailure(`start ${run.settings.image}`, error)));
    const { exitCode, timedOut } = await waited(container, run.timeoutMs, tools.signal);
    await Promise.race([lines, new Promise((resolve) => setTimeout(resolve, LINES_MS).unref())]);
    output.end();
    tools.signal.throwIfAborted();
    if (timedOut || exitCode !== 0) throw failureOf(run, timedOut, exitCode, output.last());
    return { exitCode, durationMs: Math.round(performance.now() - begun), lines: output.lines };
  } finally {
    await container.remove({ force: true, v: true, abortSignal: answerLimit() }).catch((error: Error) => {
      tools.logger.warn(`container ${container.id} could not be removed: ${error.message}`, {
        run: event.run,
      });
    });
  }
}

const answerLimit = (): AbortSignal => AbortSignal.timeout(ANSWER_MS);

/** An image that the engine does not have is pulled. */
async function created(
  docker: Docker,
  { settings, timeoutMs }: ContainerRun,
  context: TaskContext,
): Promise<Docker.Container> {
  const options = createOptions(settings, timeoutMs, context.event);
  const create = (): Promise<Docker.Container> =>
    docker.createContainer({ ...options, abortSignal: answerLimit() });
  try {
    return await create().catch(async (error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
      await pullImage(docker, settings.image, context.tools);
      return create();
    });
  } catch (error) {
    context.tools.signal.throwIfAborted();
    throw engineFailure(`create a container of ${settings.image}`, error);
  }
}

/** Before the start, so that no line is missed; `lines` resolves at their end. */
async function attached(
  docker: Docker,
  container: Docker.Container,
  output: OutputLines,
): Promise<{ readonly lines: Promise<void> }> {
  const answer = new AbortController();
  const late = setTimeout(() => answer.abort(new Error('no answer in time')), ANSWER_MS);
  const stream = await container
    .attach({ stream: true, stdout: true, stderr: true, abortSignal: answer.signal })
    .catch((error: unknown) => Promise.reject(engineFailure('attach to the container', error)))
    .finally(() => clearTimeout(late));
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, stdout, stderr);
  stdout.on('data', (chunk: Buffer) => output.write('stdout', chunk));
  stderr.on('data', (chunk: Buffer) => output.write('stderr', chunk));
  const lines = new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
  return { lines };
}

async function waited(
  container: Docker.Container,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ exitCode: number; timedOut: boolean }> {
  let timedOut = false;
  const stop = (): void => void container.stop({ t: STOP_SECONDS }).catch(() => undefined);
  const limit = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeoutMs);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    const { StatusCode: exitCode } = (await container.wait()) as { StatusCode: number };
    return { exitCode, timedOut };
  } catch (error) {
    throw engineFailure('wait for the container', error);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', stop);
  }
}

function failureOf(run: ContainerRun, timedOut: boolean, exitCode: number, last: string[]): TaskFailure {
  const { settings, timeoutMs } = run;
  const lines = last.slice(-EXPLAINING_LINES);
  const description = lines.length > 0 ? `Its last lines:\n${lines.join('\n')}` : 'It wrote nothing.';
  if (timedOut) {
    const message = `the container of ${settings.image} was stopped: it ran for ${timeoutMs} ms`;
    return TaskFailure.retryable('container_timeout', message, { description });
  }
  const why = lines.at(-1);
  const message = `the container of ${settings.image} ended with code ${exitCode}${why ? `: ${why}` : ''}`;
  return TaskFailure.retryable('container_failed', message, { description });
}
