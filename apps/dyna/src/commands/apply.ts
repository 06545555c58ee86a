import { HttpError, type ApplyOptions } from '../api/client.js';
import type { Applied, Difference } from '../api/types.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import type { Style, Terminal } from '../output/terminal.js';
import { readText } from '../read-text.js';

type Change = Applied['changes'][number];

const MARKS: Readonly<Record<Change['outcome'], readonly [mark: string, style: Style]>> = {
  created: ['+', 'green'],
  changed: ['~', 'yellow'],
  removed: ['-', 'red'],
  unchanged: ['=', 'gray'],
};

/** Values are shown on one line, cut: the file has them whole. */
const MAX_SHOWN = 100;
const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
};

function difference({ op, path, before, after }: Difference): string {
  if (op === 'add') return `+ ${path}: ${shown(after)}`;
  if (op === 'remove') return `- ${path}: ${shown(before)}`;
  return `~ ${path}: ${shown(before)} → ${shown(after)}`;
}

function print({ kind, name, outcome, version, warnings, diff }: Change, terminal: Terminal): void {
  const [mark, style] = MARKS[outcome];
  if (outcome !== 'unchanged') {
    terminal.line(terminal.style(style, `${mark} ${kind} ${name}  ${outcome}, version ${version}`));
    for (const one of diff) if (one.path !== '') terminal.line(`    ${difference(one)}`);
  }
  for (const warning of warnings) terminal.problem(`warning: ${kind} ${name}: ${warning}`);
}

/** Applies a file. Gives the exit code. */
export async function apply(
  { api, terminal, config }: Context,
  file: string,
  { json, ...options }: ApplyOptions & { readonly json?: boolean },
): Promise<number> {
  const text = await readText(file, config.input);
  const applied = await api.apply(text, options).catch((error: unknown) => {
    throw error instanceof HttpError && error.errors.length > 0 ? placed(error, file) : error;
  });
  if (json) {
    terminal.json(applied);
    return 0;
  }
  for (const change of applied.changes) print(change, terminal);
  const changed = applied.changes.filter(({ outcome }) => outcome !== 'unchanged').length;
  const unchanged = applied.changes.length - changed;
  const verb = applied.dryRun ? 'would change' : 'changed';
  terminal.line(`${changed} ${verb}, ${unchanged} unchanged.`);
  return 0;
}

/** Each error in a line of its own, by the place in the file, as compilers do. */
function placed(error: HttpError, file: string): CliError {
  const name = file === '-' ? 'standard input' : file;
  const lines = error.errors.map(({ path, message, line, column }) => {
    const place = line === undefined ? name : `${name}:${line}:${column ?? 1}`;
    return `  ${place}: ${path ? `${path} ` : ''}${message}`;
  });
  const message = `${name} was refused with ${error.status}, and nothing of it is applied:\n${lines.join('\n')}`;
  return new CliError(message, 'Correct the file.', { cause: error });
}
