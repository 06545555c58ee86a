import { execFile } from 'node:child_process';

export interface Outcome {
  /** Undefined when the command itself was not found. */
  readonly code: number | undefined;
  readonly output: string;
}

/** Runs a command to its end, with a time limit; never rejects. */
export function runOnce(
  command: string,
  args: readonly string[],
  limitMs: number,
  as: { readonly uid?: number; readonly gid?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { ...as, timeout: limitMs, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024 };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (!error) resolve({ code: 0, output });
      else if (error.code === 'ENOENT') resolve({ code: undefined, output });
      else if (error.killed)
        resolve({ code: 1, output: `${output}\n${command} took longer than ${limitMs} ms` });
      else
        resolve({ code: typeof error.code === 'number' ? error.code : 1, output: output || error.message });
    });
  });
}
