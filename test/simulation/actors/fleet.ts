import { Process } from '../world/process.js';
import { startCoordinator, type RunningCoordinator } from './coordinator.js';
import type { Site } from './site.js';

/** One in four keeps to its times, others are behind them: what timers find must not depend on when they look. */
const SLOWNESS = [1, 3, 4, 5];

/** The coordinators: who dies or ends is followed by a new one after a while. */
export class Fleet {
  private running: RunningCoordinator[] = [];
  private count = 0;

  constructor(
    private readonly site: Site,
    private readonly size: number,
  ) {}

  get all(): readonly RunningCoordinator[] {
    return this.running;
  }

  start(): void {
    const { faults } = this.site;
    faults.count(['one coordinator', 'two coordinators', 'three coordinators'][this.size - 1] ?? '');
    for (let n = 0; n < this.size; n++) this.startOne();
  }

  private startOne(): void {
    const { world, random } = this.site;
    const process = new Process(`c${this.count++}`, true, random.pick(SLOWNESS));
    process.onKill = () => {
      this.running = this.running.filter((one) => one.process !== process);
      world.after(random.between(100, 6_000), null, () => this.startOne());
    };
    world.after(0, process, () => {
      const one = startCoordinator(this.site, process);
      // Its first step may have been its last.
      if (process.isAlive) this.running.push(one);
    });
  }

  any(): RunningCoordinator | null {
    return this.running.length === 0 ? null : this.site.random.pick(this.running);
  }

  /** Does any of them still sleep, with what it believed? */
  get isAwake(): boolean {
    return this.running.every(({ process }) => process.wakesAt <= this.site.world.now);
  }

  /** SIGTERM to one of them. */
  terminate(): void {
    const one = this.any();
    if (!one) return;
    this.site.world.after(0, one.process, () => void one.terminate().finally(() => one.process.kill()));
  }
}
