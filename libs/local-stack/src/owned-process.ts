import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.js';
import { guard, unguard } from './guardian.js';
import { anyAlive, processTree, sendSignal } from './process-tree.js';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** Where standard output and error go; a file, so that a stopped parent never blocks the child. */
  readonly logFile: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const POLL_MS = 10;
const OUTPUT_TAIL = 4_000;

/** Begins a log anew; the one before stays beside it, as `<file>.1`. */
export function rotateLog(logFile: string): void {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
}

/** A child in a process group of its own, so that a Ctrl-C reaches it only through us, and in order. */
export class OwnedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: ProcessOptions,
  ) {
    const { pid } = child;
    if (pid === undefined) throw new StackError('not_started', `${options.name} has no process.`);
    this.pid = pid;
    guard(pid);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        unguard(pid);
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  /** @throws the error of `spawn` (ENOENT: no such command) */
  static start(options: ProcessOptions): Promise<OwnedProcess> {
    const log = openSync(options.logFile, 'a');
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      uid: options.uid,
      gid: options.gid,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(new OwnedProcess(child, options)));
    });
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** The last lines that it wrote. */
  tail(): string {
    return readFileSync(this.options.logFile, 'utf8').slice(-OUTPUT_TAIL).trim();
  }

  /** Asks it to end and waits; kills it and its descendants when it has not done so in `graceMs`. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (this.#exit) return;
    const tree = processTree(this.pid);
    this.child.kill(signal);
    if (await this.#gone(tree, graceMs)) return;
    await this.kill();
  }

  /** SIGKILL to it and to all that descend from it; resolves when all of them are gone. */
  async kill(): Promise<void> {
    if (this.#exit) return;
    const tree = this.#signalTree('SIGKILL');
    if (await this.#gone(tree, 10_000)) return;
    throw new StackError(
      'not_ready_in_time',
      `${this.options.name} (pid ${this.pid}) survived SIGKILL for 10 s.`,
    );
  }

  /** SIGSTOP to it first, so that it starts no more children, then to these. */
  pause(): void {
    if (this.#exit) return;
    sendSignal(this.pid, 'SIGSTOP');
    this.#signalTree('SIGSTOP');
  }

  resume(): void {
    if (!this.#exit) this.#signalTree('SIGCONT');
  }

  #signalTree(signal: NodeJS.Signals): number[] {
    const tree = processTree(this.pid);
    for (const pid of tree) sendSignal(pid, signal);
    return tree;
  }

  async #gone(tree: readonly number[], limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (this.#exit === undefined || anyAlive(tree)) {
      if (performance.now() > end) return false;
      await delay(POLL_MS);
    }
    return true;
  }
}
