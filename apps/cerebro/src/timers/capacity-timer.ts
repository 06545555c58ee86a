import {
  MAX_IN_LINE,
  isHopeless,
  offerTo,
  type Capacity,
  type Door,
  type Look,
  type OutboundBus,
  type TimerQueries,
  type WaitingRun,
} from '../coordination/index.js';
import type { Lookout, Watcher } from './lookout.js';
import { Ticker } from './ticker.js';

const OFFER_EVERY_MS = 50;

/** Counts what servers hold at each look, and offers free places to the tasks that wait for them, the oldest run first. */
export class CapacityTimer implements Watcher {
  private readonly offerer: Ticker;

  constructor(
    private readonly queries: Pick<TimerQueries, 'runsWaitingPerServer'>,
    private readonly door: Door,
    private readonly capacity: Capacity,
    private readonly bus: OutboundBus,
    private readonly source: string,
    private readonly lookout: Pick<Lookout, 'wake'>,
  ) {
    const every = () => (capacity.isAnyoneWaiting ? OFFER_EVERY_MS : null);
    this.offerer = new Ticker('CapacityOffer', every, () => this.offer());
    capacity.listen(() => this.offerer.wake());
  }

  start(): void {
    this.offerer.start();
  }

  stop(): Promise<void> {
    return this.offerer.stop();
  }

  begin(): void {
    this.capacity.beginCount();
  }

  failed(): void {
    this.capacity.failCount();
  }

  async seen(look: Look): Promise<void> {
    try {
      const isAnyoneWaiting = look.errands.has('waiting');
      const waiting = isAnyoneWaiting ? await this.queries.runsWaitingPerServer(MAX_IN_LINE) : new Map();
      this.capacity.endCount(look, waiting);
    } catch (error) {
      this.capacity.failCount();
      throw error;
    }
  }

  private async offer(): Promise<void> {
    const isReachable = (server: string) => this.bus.commandPartition(server, '') !== null;
    const runs = this.capacity.offers(isReachable, false);
    // All in one transaction, which decides them in order: the oldest run takes what it can before the next one is asked.
    await Promise.all(runs.map((run) => this.put(run)));
    if (this.capacity.mustCount) this.lookout.wake();
  }

  private async put({ run, own }: WaitingRun): Promise<void> {
    const outcome = await this.door.submit(offerTo(run, this.source, own));
    if (isHopeless(outcome)) this.capacity.passOver(run);
  }
}
