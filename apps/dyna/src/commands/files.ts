import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { readText } from '../read-text.js';

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)/g;

/** Prints everything that is defined. */
export async function exportFile({ api, terminal }: Context): Promise<number> {
  terminal.text(await api.export());
  return 0;
}

function handlers(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new CliError(
        `--handler ${pair} names no task.`,
        'Write it like --handler package.method=server.task.',
      );
    }),
  );
}

/** Of this process's environment those variables that the file names, and no other. */
function environment(text: string, inherited: NodeJS.ProcessEnv): Record<string, string> {
  const names = new Set([...text.matchAll(VARIABLE)].map(([, name = '']) => name));
  const given = [...names].map((name) => [name, inherited[name]] as const);
  return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Prints a `sermos.yaml` as a `cordyna.yaml`; what is not in it as it was goes to standard error. */
export async function importFile(
  { api, terminal, config }: Context,
  file: string,
  { handler }: { readonly handler: readonly string[] },
): Promise<number> {
  const text = await readText(file, config.input);
  const answer = await api.importSermos({
    file: text,
    handlers: handlers(handler),
    environment: environment(text, config.inherited),
  });
  for (const { kind, path, message, line } of answer.notes)
    terminal.problem(`${file}:${line}: ${kind}: ${path} ${message}`);
  terminal.text(answer.file);
  return 0;
}
