import { BusError } from '../errors.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import type { BusConfig, BusRecord, BusTail, TailOptions } from '../port.js';
import { Fetcher } from './fetcher.js';
import type { PartitionAnswer } from './fetcher.js';

const MAX_WAIT_MS = 250;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/** Follows partitions of one topic; what cannot be fetched is tried again for as long as it takes. */
export class Tail implements BusTail {
  private readonly fetcher: Fetcher;
  private readonly positions: Map<number, bigint>;
  private readonly ended: Promise<void>;
  private readonly maxWaitMs: number;
  private stopping = false;
  private troubled = false;
  private wake: () => void = () => undefined;

  constructor(
    config: BusConfig,
    topic: string,
    fromOffsets: ReadonlyMap<number, bigint>,
    private readonly onRecord: (record: BusRecord) => void | Promise<void>,
    private readonly options: TailOptions = {},
  ) {
    this.fetcher = new Fetcher(config, topic);
    this.positions = new Map(fromOffsets);
    this.maxWaitMs = options.maxWaitMs ?? MAX_WAIT_MS;
    this.ended = this.run();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.fetcher.close();
    this.wake();
    await this.ended;
  }

  private async run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.stopping) {
      const trouble = await this.round();
      this.report(trouble);
      pauseMs = trouble === undefined ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, MAX_PAUSE_MS);
      if (trouble !== undefined) await this.pause(pauseMs);
    }
  }

  private async round(): Promise<BusError | undefined> {
    try {
      const answers = await this.fetcher.fetch(this.positions, this.maxWaitMs);
      const troubles = await Promise.all(
        [...answers].map(([partition, answer]) => this.handOver(partition, answer)),
      );
      return troubles.find((trouble) => trouble !== undefined);
    } catch (error) {
      return toBusError(error);
    }
  }

  private async handOver(partition: number, answer: PartitionAnswer): Promise<BusError | undefined> {
    if (answer instanceof BusError) return answer;
    for (const record of answer.records) {
      if (this.stopping) return undefined;
      try {
        await this.onRecord(record);
      } catch (error) {
        // Handed over again: the position stays at this record.
        return new BusError('handler_failed', 'a record was not taken', { retriable: true, cause: error });
      }
      this.positions.set(partition, record.offset + 1n);
    }
    this.positions.set(partition, answer.nextOffset);
    return undefined;
  }

  private report(trouble: BusError | undefined): void {
    const changed = this.troubled !== (trouble !== undefined);
    this.troubled = trouble !== undefined;
    if (changed && !this.stopping) this.options.onTrouble?.(trouble);
  }

  private pause(ms: number): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
