import { fork, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TASK_SERVER_NODE } from '@cordyna/local-stack';

const LOADER = new URL('../../scripts/simulate/register.mjs', import.meta.url).href;
const RECORDER = new URL('../profile/recorder.mjs', import.meta.url).href;

/** Characters of the log of what has ended; the log goes with the stack. */
const SHOWN = 4_000;

export interface ChildOptions {
  readonly name: string;
  /** Of a TypeScript file in bench/. */
  readonly script: URL;
  readonly args: readonly string[];
  readonly logDir: string;
}

/** A process of the bench's own that answers over a channel; it ends when the channel does. */
export class Child {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private nextId = 0;
  private exited = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly logFile: string,
  ) {
    child.on('message', (message) => {
      const { id, result, error } = message as { id: number; result?: unknown; error?: string };
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(`${this.name}: ${error}`));
    });
    child.on('exit', () => {
      this.exited = true;
      for (const { reject } of this.waiting.values()) reject(this.gone());
      this.waiting.clear();
    });
  }

  static async start({ name, script, args, logDir }: ChildOptions): Promise<Child> {
    const logFile = join(logDir, `${name}.log`);
    const child = fork(fileURLToPath(script), [...args], {
      execArgv: [...TASK_SERVER_NODE.flags, '--import', LOADER, '--import', RECORDER],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', CORDYNA_BENCH_NAME: name },
    });
    const log = createWriteStream(logFile);
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    const started = new Child(name, child, logFile);
    await started.ask('ready');
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** @throws Error when it says so, or ends */
  ask<T>(what: string, argument: unknown = null): Promise<T> {
    if (this.exited) return Promise.reject(this.gone());
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      this.child.send({ id, what, argument });
    });
  }

  async stop(): Promise<void> {
    if (this.exited || !this.child.connected) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(kill);
  }

  private gone(): Error {
    const log = readFileSync(this.logFile, 'utf8').slice(-SHOWN);
    return new Error(`${this.name} has ended:\n${log}`);
  }
}
