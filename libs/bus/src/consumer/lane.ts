import type { BusBatch, BusRecord, TopicPartition } from '../port.js';

/** What one fetch gave for the lane's partition. */
export interface Portion {
  readonly fetchedOffset: bigint;
  readonly nextOffset: bigint;
  readonly records: readonly BusRecord[];
  readonly bytes: number;
}

export interface LaneHandlers {
  onBatch(batch: BusBatch): Promise<void>;
  /** Called when the backlog becomes too large, and when it is small again. */
  onBacklog(full: boolean): void;
  onHandlerError(error: unknown): void;
  onJump(expected: bigint, actual: bigint): void;
}

const MAX_BACKLOG_RECORDS = 2_000;
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/**
 * Hands the batches of one partition to the handler one after the other, while fetching goes on: all that arrived
 * while the handler ran is its next batch. So a slow handler costs neither heartbeats nor other partitions.
 */
export class Lane {
  private backlog: Portion[] = [];
  private backlogRecords = 0;
  private backlogBytes = 0;
  private full = false;
  private closing = false;
  private stale = false;
  private running = false;
  private work: Promise<void>;
  private wake: () => void = () => undefined;
  /** Up to here the handler is done; undefined: nothing yet. */
  position: bigint | undefined;
  /** Where the next portion should begin; undefined: wherever the group left off. */
  expected: bigint | undefined;

  /** `after`: the lane that had this partition before, whose last batch may still be in hand. */
  constructor(
    readonly where: TopicPartition,
    private readonly handlers: LaneHandlers,
    after: Promise<void> = Promise.resolve(),
  ) {
    this.work = after;
  }

  push(portion: Portion): void {
    if (this.closing) return;
    const { fetchedOffset } = portion;
    if (this.expected !== undefined && this.expected !== fetchedOffset) {
      this.handlers.onJump(this.expected, fetchedOffset);
    }
    this.expected = portion.nextOffset;
    this.backlog.push(portion);
    this.backlogRecords += portion.records.length;
    this.backlogBytes += portion.bytes;
    this.watchBacklog();
    if (this.running) return;
    this.running = true;
    this.work = this.work.then(() => this.run());
  }

  /** No further batch begins; resolves when the one in hand is done. */
  async close(): Promise<void> {
    this.closing = true;
    this.backlog = [];
    this.wake();
    await this.work;
  }

  /** What is in hand does not matter any more. */
  expire(): void {
    this.stale = true;
    this.closing = true;
    this.backlog = [];
    this.wake();
  }

  /** Resolves when nothing is in hand. */
  get idle(): Promise<void> {
    return this.work;
  }

  private async run(): Promise<void> {
    for (let portion = this.takeBacklog(); portion !== undefined; portion = this.takeBacklog()) {
      await this.handle(portion);
    }
    this.running = false;
  }

  private async handle(portion: Portion): Promise<void> {
    // Written out: a copy with more members takes V8 fifty times as long.
    const batch: BusBatch = {
      topic: this.where.topic,
      partition: this.where.partition,
      fetchedOffset: portion.fetchedOffset,
      nextOffset: portion.nextOffset,
      records: portion.records,
      heartbeat: () => Promise.resolve(),
      isStale: () => this.stale,
    };
    for (let delayMs = FIRST_RETRY_MS; !this.stale; delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
      try {
        await this.handlers.onBatch(batch);
        if (!this.stale) this.position = portion.nextOffset;
        return;
      } catch (error) {
        this.handlers.onHandlerError(error);
        if (this.closing) return;
        await this.pause(delayMs);
        if (this.closing) return;
      }
    }
  }

  /** All portions that follow each other, as one; after a seek there may be a gap between two. */
  private takeBacklog(): Portion | undefined {
    const [first, ...rest] = this.closing ? [] : this.backlog;
    if (first === undefined) return undefined;
    const taken = [first];
    for (const portion of rest) {
      if (portion.fetchedOffset !== taken.at(-1)?.nextOffset) break;
      taken.push(portion);
    }
    this.backlog = this.backlog.slice(taken.length);
    const records = taken.length === 1 ? first.records : taken.flatMap((portion) => portion.records);
    const bytes = taken.reduce((sum, portion) => sum + portion.bytes, 0);
    this.backlogRecords -= records.length;
    this.backlogBytes -= bytes;
    this.watchBacklog();
    return {
      fetchedOffset: first.fetchedOffset,
      nextOffset: taken.at(-1)?.nextOffset ?? first.nextOffset,
      records,
      bytes,
    };
  }

  private watchBacklog(): void {
    const share = Math.max(this.backlogRecords / MAX_BACKLOG_RECORDS, this.backlogBytes / MAX_BACKLOG_BYTES);
    const full = this.full ? share > 0.5 : share >= 1;
    if (full === this.full) return;
    this.full = full;
    this.handlers.onBacklog(full);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
