import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnedProcess, sendSignal, type Exit } from '@cordyna/local-stack';
import { awaitUntil } from './await-until.js';
import { atEnd } from './closers.js';
import { childEnvironment } from './config.js';
import { temporaryDirectory } from './paths.js';

export interface StartOptions {
  /** Program and arguments; `node` is the one that runs the test. */
  readonly command: readonly [string, ...string[]];
  /** Added to an environment without CORDYNA_*, KAFKA_*, DATABASE_URL and npm's and Jest's variables. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly name: string;
  readonly cwd?: string;
}

export interface StartedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** How it ended; undefined while it runs. */
  readonly exit: Exit | undefined;
  /** All that it wrote so far to standard output and error. */
  output(): string;
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Sends it a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Signals it and waits until it is gone; SIGKILL goes to its descendants too. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  /** SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<Exit>;
  /** SIGSTOP to it and its descendants. */
  pause(): void;
  resume(): void;
}

let directory: Promise<string> | undefined;
let started = 0;

async function signalAndWait(owned: OwnedProcess, signal: NodeJS.Signals): Promise<Exit> {
  if (signal === 'SIGKILL') await owned.kill();
  else await owned.stop(signal, 30_000);
  return owned.exited;
}

/** Starts a process that ends with this test file at the latest. */
export async function startProcess(options: StartOptions): Promise<StartedProcess> {
  const dir = await (directory ??= temporaryDirectory('processes'));
  const logFile = join(dir, `${(started += 1)}-${options.name}.log`);
  const [program, ...args] = options.command;
  const owned = await OwnedProcess.start({
    name: options.name,
    command: program === 'node' ? process.execPath : program,
    args,
    cwd: options.cwd,
    env: childEnvironment(options.env),
    logFile,
  });
  atEnd(options.name, () => owned.kill());
  const output = (): string => readFileSync(logFile, 'utf8');

  return {
    pid: owned.pid,
    exited: owned.exited,
    get exit() {
      return owned.exit;
    },
    output,
    async waitForOutput(pattern, timeoutMs = 20_000) {
      const found = awaitUntil(`${options.name} writes ${pattern}`, () => pattern.exec(output()), {
        timeoutMs,
      });
      return found.catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; it wrote:\n${output().slice(-2_000)}`, {
          cause: error,
        });
      });
    },
    signal: (signal) => {
      if (!owned.exit) sendSignal(owned.pid, signal);
    },
    kill: (signal = 'SIGKILL') => signalAndWait(owned, signal),
    async stop(graceMs = 20_000) {
      await owned.stop('SIGTERM', graceMs);
      return owned.exited;
    },
    pause: () => owned.pause(),
    resume: () => owned.resume(),
  };
}
