import { Logger } from '@nestjs/common';

/** Milliseconds to the next tick; null: there is none before it is woken. */
export type Every = number | null;

/**
 * Runs `tick` again and again, `every` after the last one ended; `tick` may answer true to be run again at once.
 * A tick that fails is logged and tried again: timers only propose, so a missed tick costs time and nothing else.
 */
export class Ticker {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = true;
  private again = false;

  constructor(
    name: string,
    private readonly every: Every | (() => Every),
    private readonly tick: () => Promise<boolean | void>,
  ) {
    this.logger = new Logger(name);
  }

  /** The first tick is at once, or when it is woken. */
  start(): void {
    this.stopped = false;
    if (this.everyMs !== null) this.schedule(0);
  }

  /** Ticks at once, or once more after the tick that runs. */
  wake(): void {
    if (this.stopped) return;
    if (this.running) this.again = true;
    else this.schedule(0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private get everyMs(): Every {
    return typeof this.every === 'function' ? this.every() : this.every;
  }

  private schedule(afterMs: Every): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (afterMs === null) return;
    this.timer = setTimeout(() => {
      this.running = this.run().finally(() => {
        this.running = null;
      });
    }, afterMs);
  }

  private async run(): Promise<void> {
    let more = false;
    this.again = false;
    try {
      more = (await this.tick()) === true;
    } catch (error) {
      this.logger.warn(error instanceof Error ? error.message : String(error));
    }
    if (!this.stopped) this.schedule(more || this.again ? 0 : this.everyMs);
  }
}
