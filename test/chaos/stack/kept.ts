import { setTimeout as delay } from 'node:timers/promises';
import type { StartedProcess } from '@cordyna/testkit';

const RESTART_MS = 500;

interface Running {
  readonly process: StartedProcess;
}

/** What a fault can do to it. */
export interface Victim {
  readonly process: StartedProcess | null;
  start(): Promise<void>;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** A process that somebody keeps running: one that ends by itself is started again, as a supervisor would. */
export class Kept<T extends Running> implements Victim {
  current: T | null = null;
  /** All that ever ran under this name. */
  readonly all: StartedProcess[] = [];
  /** How often it ended though nobody had asked it to. */
  ownEnds = 0;
  private wanted = false;

  constructor(
    readonly name: string,
    private readonly launch: () => Promise<T>,
    private readonly onOwnEnd: (name: string, output: string) => void,
  ) {}

  get process(): StartedProcess | null {
    return this.current?.process ?? null;
  }

  async start(): Promise<void> {
    this.wanted = true;
    const started = await this.launch();
    this.current = started;
    const { process } = started;
    this.all.push(process);
    void process.exited.then(async () => {
      if (this.current !== started || !this.wanted) return;
      this.ownEnds += 1;
      this.onOwnEnd(this.name, process.output().slice(-500));
      await delay(RESTART_MS);
      if (this.wanted && this.current === started) await this.start();
    });
  }

  /** Resolves when it is gone; with SIGTERM it may end in its own way, for so long. */
  async end(signal: 'SIGKILL' | 'SIGTERM', graceMs = 40_000): Promise<void> {
    this.wanted = false;
    const { process } = this;
    if (!process) return;
    if (signal === 'SIGKILL') await process.kill();
    else await process.stop(graceMs);
  }
}
