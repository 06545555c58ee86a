import { HttpError } from '../api/client.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { runRequest, type InvokeOptions } from './run-request.js';
import { watch } from './watch.js';

const NOT_FOUND = 404;

async function unknown(name: string, { api }: Context): Promise<CliError> {
  const tasks = (await api.graph()).nodes.map(({ task }) => task).sort();
  const declared =
    tasks.length > 0 ? `Declared are ${tasks.join(', ')}.` : 'No server has declared any task yet.';
  return new CliError(`There is no task or job "${name}".`, declared);
}

/** Makes a run. Gives the exit code: with `--wait` 1 for a run that did not complete. */
export async function invoke(
  context: Context,
  name: string,
  options: InvokeOptions & { readonly wait?: boolean; readonly json?: boolean },
): Promise<number> {
  const { api, terminal } = context;
  const request = await runRequest(name, options, api);
  const answer = await api.createRun(request).catch(async (error: unknown) => {
    if (error instanceof HttpError && error.status === NOT_FOUND) throw await unknown(name, context);
    throw error;
  });
  if (options.wait) return watch(context, answer.run, options);
  if (options.json) terminal.json(answer);
  else terminal.line(`Run ${answer.run} is created. See it with: dyna watch ${answer.run}`);
  return 0;
}
