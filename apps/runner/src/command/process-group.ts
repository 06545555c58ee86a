import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { OutputLines } from './output-lines.js';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

/** Between SIGTERM and SIGKILL; below what the SDK leaves to handlers when the runner itself is stopped. */
const KILL_AFTER_MS = 1_500;
/** For what a process has written and its pipes still hold. */
const PIPES_MS = 1_000;

/** Process groups that run. None outlives the runner, unless that is killed itself. */
const groups = new Set<number>();
process.on('exit', () => groups.forEach((group) => signalGroup(group, 'SIGKILL')));

/**
 * Runs a program, with its descendants, in a process group of its own, and ends what is left of the group with it.
 * @throws the error of spawn (ENOENT, EACCES, …); otherwise any end is a result
 */
export async function runGroup(command: Command, output: OutputLines, signal: AbortSignal): Promise<Ended> {
  const { program, args, env, cwd, timeoutMs } = command;
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const group = child.pid!;
  groups.add(group);
  child.stdout.on('data', (chunk: Buffer) => output.write('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => output.write('stderr', chunk));
  let timedOut = false;
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    signalGroup(group, 'SIGTERM');
    killing ??= setTimeout(() => signalGroup(group, 'SIGKILL'), KILL_AFTER_MS);
  };
  const limit = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return { ...(await ended(child, () => signalGroup(group, 'SIGKILL'))), timedOut };
  } finally {
    clearTimeout(limit);
    clearTimeout(killing);
    signal.removeEventListener('abort', end);
    groups.delete(group);
    output.end();
  }
}

/** A descendant that lives on may hold the pipes open: it ends with the program. */
function ended(child: ChildProcess, endRest: () => void): Promise<Omit<Ended, 'timedOut'>> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      endRest();
      const closing = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, PIPES_MS);
      child.once('close', () => {
        clearTimeout(closing);
        resolve({ code, signal });
      });
    });
  });
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // EPERM: what is left of the group belongs to somebody else, or has ended and waits for its parent.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
