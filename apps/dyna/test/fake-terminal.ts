import { runDyna } from '../src/program.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs dyna in this process, with its output collected; a pipe, not a terminal, unless said otherwise. */
export async function dyna(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  terminal: { readonly isTTY?: boolean; readonly rows?: number } = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runDyna(argv, {
    env,
    out: { write: (text) => (out += text), ...terminal },
    err: { write: (text) => (err += text) },
  });
  return { code, out, err };
}
