import { Logger } from '@nestjs/common';
import type { BusAdmin, TopicPartition } from '@cordyna/bus';
import type { DecodedBatch, DecodedRecord } from '@cordyna/bus/nest';
import {
  type Backlog,
  type Door,
  positionOf,
  type Inbound,
  type PartitionRange,
  type ProgressBuffer,
  type TimerQueries,
} from '../coordination/index.js';
import { PassedRanges } from './passed-ranges.js';

export interface DecodedInbound {
  readonly ok: true;
  readonly inbound: Inbound;
}

/** On these topics others ask for new work, which waits there while there is no room. */
export interface NewWork {
  readonly topics: ReadonlySet<string>;
  readonly backlog: Backlog;
}

const AGAIN_AFTER_MS = 1_000;

/** What comes from the bus goes through the door; a batch is done when it is committed, a large one when the one before is. */
export class InboundHandler {
  private readonly logger = new Logger('InboundHandler');
  /** topic/partition → the last large batch that is not committed yet */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly passed = new PassedRanges((range) => this.door.submitRange(range, []));

  constructor(
    private readonly door: Door,
    private readonly progress: ProgressBuffer,
    private readonly queries: TimerQueries,
    private readonly admin: BusAdmin,
    private readonly newWork?: NewWork,
    /** A batch is handed on in parts of so many records, so that one is decided while another one is committed. */
    private readonly partRecords = 250,
  ) {}

  /** @param seek moves the consumer: to records that were skipped, which should never happen */
  async handle(batch: DecodedBatch<DecodedInbound>, seek: (offset: bigint) => void): Promise<void> {
    const { topic, partition, fetchedOffset, nextOffset } = batch;
    if (this.newWork?.topics.has(topic)) await this.newWork.backlog.room();
    if (batch.records.every(isPassedOver))
      return this.passed.add({ topic, partition, fetchedOffset, nextOffset }, seek);
    const begin = this.passed.beginOf({ topic, partition, fetchedOffset });
    const applied = this.apply({ ...batch, fetchedOffset: begin }, seek);
    return batch.records.length * 2 < this.partRecords
      ? applied
      : this.ahead(positionOf(topic, partition), applied, () => seek(begin));
  }

  /**
   * While a large batch is committed, the next one of its partition is read, decoded and handed on, to be decided behind
   * it: positions are checked with every commit, so what follows a batch that failed is read again as well.
   */
  private async ahead(key: string, applied: Promise<void>, goBack: () => void): Promise<void> {
    const before = this.underWay.get(key);
    const done = applied
      .catch(async (error: unknown) => {
        this.logger.error(`${key}: a batch was not applied and is read again: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS).unref());
        goBack();
      })
      .finally(() => {
        if (this.underWay.get(key) === done) this.underWay.delete(key);
      });
    this.underWay.set(key, done);
    await before;
  }

  private async apply(batch: DecodedBatch<DecodedInbound>, seek: (offset: bigint) => void): Promise<void> {
    const { topic, partition, fetchedOffset } = batch;
    const gaps = await Promise.all(
      this.partsOf(batch).map(async ({ range, records }) => {
        const inbounds = this.progress.screen(records.map(inboundOf));
        const position = await this.door.submitRange(range, inbounds);
        if (position === null) this.progress.add(inbounds);
        return position;
      }),
    );
    const position = gaps.find((gap) => gap !== null);
    if (position === undefined || position === null) return;
    this.logger.error(
      `${topic}/${partition}: fetched from ${fetchedOffset}, stored position ${position}; going back`,
    );
    seek(position);
  }

  /** What follows each other; the last part moves the position to the end of the batch. */
  private partsOf({ topic, partition, fetchedOffset, nextOffset, records }: DecodedBatch<DecodedInbound>) {
    const parts: { range: PartitionRange; records: readonly DecodedRecord<DecodedInbound>[] }[] = [];
    for (let from = 0; from === 0 || from < records.length; from += this.partRecords) {
      const to = from + this.partRecords;
      const begin = from === 0 ? fetchedOffset : (records[from]?.record.offset ?? nextOffset);
      const end = records[to]?.record.offset ?? nextOffset;
      const range = { topic, partition, fetchedOffset: begin, nextOffset: end };
      parts.push({ range, records: records.slice(from, to) });
    }
    return parts;
  }

  /**
   * Where to go on: the database's position, not the group's. Where retention has overtaken it, or all of a new
   * partition's records have expired, the position moves to the beginning of the log.
   */
  async positionsOf(
    partitions: readonly TopicPartition[],
  ): Promise<ReadonlyMap<`${string}/${number}`, bigint>> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const stored = await this.queries.positions(topics);
    const beginnings: ReadonlyMap<string, bigint> = await this.admin.beginnings(topics);
    const positions = new Map<`${string}/${number}`, bigint>();
    for (const { topic, partition } of partitions) {
      const at = stored.get(positionOf(topic, partition));
      const beginning = beginnings.get(positionOf(topic, partition)) ?? 0n;
      if (at !== undefined && at >= beginning) positions.set(`${topic}/${partition}`, at);
      else if (beginning > 0n) {
        if (at !== undefined)
          this.logger.error(`${topic}/${partition}: records ${at} to ${beginning} expired unread`);
        const range = {
          topic,
          partition,
          fetchedOffset: beginning,
          nextOffset: beginning,
          skipsGap: true,
        } as const;
        await this.door.submitRange(range, []);
        positions.set(`${topic}/${partition}`, beginning);
      } else positions.set(`${topic}/${partition}`, 0n);
    }
    return positions;
  }
}

const isPassedOver = ({ decoded }: DecodedRecord<DecodedInbound>): boolean =>
  decoded.ok && decoded.inbound.kind === 'pass';

function inboundOf({ record, decoded }: DecodedRecord<DecodedInbound>): Inbound {
  if (decoded.ok) return decoded.inbound;
  const { topic, partition, offset, key, value } = record;
  const where = { topic, partition, offset, key, value };
  return { kind: 'poison', reason: 'handler_failed', detail: decoded.detail, where };
}
