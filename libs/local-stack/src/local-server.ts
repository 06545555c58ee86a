import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.js';
import type { Exit, OwnedProcess } from './owned-process.js';

export interface ServerPlan {
  readonly name: string;
  readonly launch: () => Promise<OwnedProcess>;
  /** Asks the server itself, not its log. */
  readonly isReady: () => Promise<boolean>;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  readonly readyMs: number;
}

const PROBE_EVERY_MS = 50;

/** One server of the local stack, with one port and one data directory, over all its restarts. */
export class LocalServer {
  #process: OwnedProcess | undefined;
  #ending = false;
  #onLoss: ((exit: Exit) => void) | undefined;

  constructor(private readonly plan: ServerPlan) {}

  get name(): string {
    return this.plan.name;
  }

  /** @throws StackError `not_started` when it is not running */
  get pid(): number {
    if (!this.#process) throw new StackError('not_started', `${this.plan.name} is not running.`);
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exit === undefined;
  }

  /** The last lines of its log. */
  tail(): string {
    return this.#process?.tail() ?? '';
  }

  /** Called when it ends without `stop` or `kill` having been asked for. */
  onLoss(listener: (exit: Exit) => void): void {
    this.#onLoss = listener;
  }

  /** Resolves when the server answers. @throws StackError `not_started`, `not_ready_in_time` */
  async start(): Promise<void> {
    this.#ending = false;
    const process = await this.plan.launch();
    this.#process = process;
    const end = performance.now() + this.plan.readyMs;
    while (!(await this.plan.isReady())) {
      if (process.exit) {
        throw new StackError('not_started', `${this.plan.name} ended while starting:\n${process.tail()}`);
      }
      if (performance.now() > end) {
        const tail = process.tail();
        await process.kill();
        throw new StackError(
          'not_ready_in_time',
          `${this.plan.name} did not answer within ${this.plan.readyMs} ms:\n${tail}`,
        );
      }
      await delay(PROBE_EVERY_MS);
    }
    void process.exited.then((exit) => {
      if (!this.#ending) this.#onLoss?.(exit);
    });
  }

  /** Ends it in an orderly way; with SIGKILL if that takes too long. */
  async stop(): Promise<void> {
    this.#ending = true;
    await this.#process?.stop(this.plan.stopSignal, this.plan.graceMs);
  }

  /** SIGKILL to all its processes. */
  async kill(): Promise<void> {
    this.#ending = true;
    await this.#process?.kill();
  }

  /** SIGSTOP to all its processes: sockets stay open, nothing is answered. */
  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  /** Starts it again on the same port and data, after ending it if need be. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}
