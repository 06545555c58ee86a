import { Logger } from '@nestjs/common';

/**
 * Runs `tick` again and again, `everyMs` after the last one ended; `tick` may answer true to be run again at once.
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
    private readonly everyMs: number,
    private readonly tick: () => Promise<boolean | void>,
  ) {
    this.logger = new Logger(name);
  }

  start(): void {
    this.stopped = false;
    this.schedule(0);
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

  private schedule(afterMs: number): void {
    if (this.timer) clearTimeout(this.timer);
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
