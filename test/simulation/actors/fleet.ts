import { Process } from '../world/process.js';
import { startCoordinator, type RunningCoordinator } from './coordinator.js';
import type { Site } from './site.js';

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
    this.watch();
  }

  private startOne(): void {
    const { world } = this.site;
    const process = new Process(`c${this.count++}`, true);
    world.after(0, process, () => this.running.push(startCoordinator(this.site, process)));
  }

  private watch(): void {
    const { world, random } = this.site;
    const dead = this.running.filter(({ process }) => !process.isAlive);
    this.running = this.running.filter(({ process }) => process.isAlive);
    for (const _ of dead) world.after(random.between(100, 6_000), null, () => this.startOne());
    world.after(100, null, () => this.watch());
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
