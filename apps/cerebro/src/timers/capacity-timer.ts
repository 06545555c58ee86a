import type { Capacity, Door, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const COUNT_EVERY_MS = 500;
const RUNS = 500;

/** Counts what servers hold, and offers free places to the tasks that wait for them, the oldest run first. */
export class CapacityTimer {
  private readonly counter: Ticker;
  private readonly offerer: Ticker;
  private waiting: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly capacity: Capacity,
    private readonly source: string,
  ) {
    this.counter = new Ticker('CapacityCount', COUNT_EVERY_MS, () => this.count());
    this.offerer = new Ticker('CapacityOffer', 50, () => this.offer());
  }

  /** The first count is awaited: before it, nothing is known of what servers hold. */
  async start(): Promise<void> {
    await this.count();
    this.counter.start();
    this.offerer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.counter.stop(), this.offerer.stop()]);
  }

  private async count(): Promise<void> {
    const undo = this.capacity.beginCount();
    try {
      const [unfinished, instances, waiting] = await Promise.all([
        this.queries.unfinishedPerServer(),
        this.queries.instances(),
        this.queries.waitingPerServer(),
      ]);
      this.capacity.endCount(unfinished, instances);
      this.waiting = waiting;
    } catch (error) {
      undo();
      throw error;
    }
  }

  private async offer(): Promise<void> {
    const servers = [...this.waiting.keys()].filter((server) => this.capacity.free(server) > 0);
    if (servers.length === 0) return;
    const free = servers.reduce((sum, server) => sum + this.capacity.free(server), 0);
    const runs = await this.queries.runsWaitingFor(servers, Math.min(RUNS, free));
    if (runs.length === 0) this.waiting = new Map();
    // All in one transaction, which decides them in order: the oldest run takes what it can before the next one is asked.
    await Promise.all(
      runs.map((run) =>
        this.door.submit({ kind: 'run-input', run, source: this.source, input: { kind: 'capacity' } }),
      ),
    );
  }
}
