import { StackError } from '@cordyna/local-stack';
import { Api } from '../api/client.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { Stack } from '../up/stack.js';
import { stopRequest, type StopRequest } from '../up/stop-request.js';

class Stopped extends Error {}

async function stopAll(stack: Stack, request: StopRequest): Promise<void> {
  await Promise.race([stack.stop(), request.insisted.then(() => stack.kill())]);
}

/**
 * Runs the whole system in the foreground until it is signalled or a part of it ends by itself.
 * Gives the exit code: 0 when it was told to stop.
 */
export async function up(
  { config, terminal }: Context,
  options: { readonly json?: boolean },
): Promise<number> {
  const begun = performance.now();
  const say = (line: string): void => {
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1).padStart(5);
    if (options.json) terminal.problem(line);
    else terminal.line(`${terminal.style('gray', `${seconds} s`)}  ${line}`);
  };
  const request = stopRequest(config.startedByNpm);
  const stack = new Stack(config, new Api(`http://127.0.0.1:${config.httpPort}`), say);
  const told = request.asked.then((why) => {
    say(`stopping, because of ${why}`);
    throw new Stopped();
  });
  try {
    await Promise.race([stack.start(), stack.lost, told]);
    if (options.json) terminal.json(stack.places);
    else {
      const rows = stack.places.map(({ what, where, log }) => [what, where, log]);
      for (const line of ['', ...table(['WHAT', 'WHERE', 'LOG'], rows), '', 'Ctrl-C stops all of it.']) {
        terminal.line(line);
      }
    }
    return await Promise.race([stack.lost, told]);
  } catch (error) {
    if (error instanceof Stopped) return 0;
    if (error instanceof StackError) throw new CliError(error.message, '', { cause: error });
    throw error;
  } finally {
    await stopAll(stack, request);
    request.dispose();
    say('everything is stopped');
  }
}
