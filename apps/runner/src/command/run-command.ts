import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { TaskFailure } from '@cordyna/task-server';
import type { TaskContext } from '@cordyna/task-server';
import { exchangeFor } from './exchange-files.js';
import { OutputLines } from './output-lines.js';
import { runGroup } from './process-group.js';
import type { Command, Ended } from './process-group.js';

/** The last lines of a failed command, as they stand in the error. */
export const EXPLAINING_LINES = 20;

/**
 * Runs a command to its end: its lines are the task's log; what it wrote to CORDYNA_OUTPUT_FILE is the output, otherwise exit code,
 * duration (ms) and number of lines.
 * @throws TaskFailure `command_failed` (it ended with another code than 0), `command_timeout`, `command_not_found`, `command_not_executable`
 */
export async function runCommand(
  command: Command,
  logLines: number,
  { event, tools }: TaskContext,
): Promise<object> {
  tools.signal.throwIfAborted();
  const output = new OutputLines(tools.logger, logLines);
  const exchange = await exchangeFor(event);
  const begun = performance.now();
  try {
    const env = { ...command.env, ...exchange.env };
    const ended = await runGroup({ ...command, env }, output, tools.signal).catch((error: unknown) =>
      notStarted(command, error as NodeJS.ErrnoException),
    );
    tools.signal.throwIfAborted();
    if (ended.timedOut || ended.code !== 0) throw failureOf(command, ended, output.last());
    const durationMs = Math.round(performance.now() - begun);
    return (await exchange.output()) ?? { exitCode: 0, durationMs, lines: output.lines };
  } finally {
    await exchange.remove();
  }
}

async function notStarted({ program, cwd }: Command, cause: NodeJS.ErrnoException): Promise<never> {
  const folder = await access(cwd).then(
    () => true,
    () => false,
  );
  if (!folder) {
    throw TaskFailure.nonRetryable('command_not_found', `the folder ${cwd} does not exist`, {
      description: 'Create the folder, or correct `cwd` of the task.',
      cause,
    });
  }
  if (cause.code === 'ENOENT') {
    throw TaskFailure.nonRetryable('command_not_found', `there is no program ${program}`, {
      description:
        'Install it where the runner runs, or write its absolute path; a bare name is looked up in PATH.',
      cause,
    });
  }
  if (cause.code === 'EACCES') {
    throw TaskFailure.nonRetryable('command_not_executable', `${program} may not be executed`, {
      description: 'Set its executable bit, or begin the command with the interpreter.',
      cause,
    });
  }
  throw TaskFailure.retryable('command_not_started', `${program} could not be started: ${cause.message}`, {
    cause,
  });
}

function failureOf(
  { program, timeoutMs }: Command,
  { code, signal, timedOut }: Ended,
  last: string[],
): TaskFailure {
  const name = basename(program);
  const lines = last.slice(-EXPLAINING_LINES);
  const description = lines.length > 0 ? `Its last lines:\n${lines.join('\n')}` : 'It wrote nothing.';
  if (timedOut)
    return TaskFailure.retryable('command_timeout', `${name} was ended: it ran for ${timeoutMs} ms`, {
      description,
    });
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const why = lines.at(-1);
  return TaskFailure.retryable('command_failed', `${name} ended ${how}${why ? `: ${why}` : ''}`, {
    description,
  });
}
