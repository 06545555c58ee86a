import {
  MAX_IN_LINE,
  isHopeless,
  type Capacity,
  type Door,
  type OutboundBus,
  type TimerQueries,
} from '../coordination/index.js';
import { Ticker } from './ticker.js';

const COUNT_EVERY_MS = 500;

/** Counts what servers hold, and offers free places to the tasks that wait for them, the oldest run first. */
export class CapacityTimer {
  private readonly counter: Ticker;
  private readonly offerer: Ticker;

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly capacity: Capacity,
    private readonly bus: OutboundBus,
    private readonly source: string,
  ) {
    this.counter = new Ticker('CapacityCount', COUNT_EVERY_MS, () => this.count());
    this.offerer = new Ticker('CapacityOffer', 50, () => this.offer());
  }

  async start(): Promise<void> {
    await this.count();
    this.counter.start();
    this.offerer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.counter.stop(), this.offerer.stop()]);
  }

  /** To be awaited once before anything is decided: until then nothing is known of what servers hold and who waits. */
  async count(): Promise<void> {
    const undo = this.capacity.beginCount();
    try {
      const [unfinished, instances, waiting] = await Promise.all([
        this.queries.unfinishedPerServer(),
        this.queries.instances(),
        this.queries.runsWaitingPerServer(MAX_IN_LINE),
      ]);
      this.capacity.endCount(unfinished, instances, waiting);
    } catch (error) {
      undo();
      throw error;
    }
  }

  private async offer(): Promise<void> {
    const isReachable = (server: string) => this.bus.commandPartition(server, '') !== null;
    const runs = this.capacity.offers(isReachable, false);
    // All in one transaction, which decides them in order: the oldest run takes what it can before the next one is asked.
    await Promise.all(runs.map(({ run }) => this.offerTo(run)));
    if (this.capacity.mustCount) this.counter.wake();
  }

  private async offerTo(run: string): Promise<void> {
    const input = { kind: 'capacity' } as const;
    const outcome = await this.door.submit({ kind: 'run-input', run, source: this.source, input });
    if (isHopeless(outcome)) this.capacity.passOver(run);
  }
}
