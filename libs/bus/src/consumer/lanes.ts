import { inTime } from '../limits.js';
import type { BusConsumerOptions, TopicPartition, TopicPartitionKey } from '../port.js';
import { Lane } from './lane.js';
import type { LaneHandlers, Portion } from './lane.js';

export const keyOf = ({ topic, partition }: TopicPartition): TopicPartitionKey => `${topic}/${partition}`;

export interface Position extends TopicPartition {
  readonly offset: bigint;
}

export interface LanesOptions {
  readonly onBatch: BusConsumerOptions['onBatch'];
  onBacklog(where: TopicPartition, full: boolean): void;
  onHandlerError(where: TopicPartition, error: unknown): void;
  onJump(where: TopicPartition, expected: bigint, actual: bigint): void;
}

/** The last work in hand by partition; outlives an assignment and a client, so that batches never overlap. */
export type WorkInHand = Map<TopicPartitionKey, Promise<void>>;

/** The lanes of one assignment. */
export class Lanes {
  private lanes = new Map<TopicPartitionKey, Lane>();
  private committed = new Map<TopicPartitionKey, bigint>();

  constructor(
    private readonly options: LanesOptions,
    private readonly inHand: WorkInHand,
  ) {}

  get assigned(): TopicPartition[] {
    return [...this.lanes.values()].map(({ where }) => where);
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.expire();
    this.committed.clear();
    this.lanes = new Map(partitions.map((where) => [keyOf(where), this.open(where)]));
  }

  /** False: the partition is not assigned. */
  push(where: TopicPartition, portion: Portion): boolean {
    const lane = this.lanes.get(keyOf(where));
    lane?.push(portion);
    return lane !== undefined;
  }

  /** Reading begins there. */
  expect({ offset, ...where }: Position): void {
    const lane = this.lanes.get(keyOf(where));
    if (lane !== undefined) lane.expected = offset;
  }

  /** After a seek: what was fetched or taken in hand before does not matter any more. */
  restart({ offset, ...where }: Position): void {
    const key = keyOf(where);
    const lane = this.lanes.get(key);
    if (lane === undefined) return;
    lane.expire();
    this.remember(lane);
    this.committed.delete(key);
    this.lanes.set(key, this.open(where));
    this.expect({ ...where, offset });
  }

  /** Lets what is in hand finish for at most `limitMs`; nothing new begins. True: all is done. */
  close(limitMs: number): Promise<boolean> {
    return inTime(Promise.all([...this.lanes.values()].map((lane) => lane.close())), limitMs);
  }

  expire(): void {
    for (const lane of this.lanes.values()) {
      lane.expire();
      this.remember(lane);
    }
    this.lanes.clear();
  }

  /** Positions that are done and were not committed to Kafka yet. */
  uncommitted(): Position[] {
    return [...this.lanes].flatMap(([key, { where, position }]) =>
      position === undefined || position === this.committed.get(key) ? [] : [{ ...where, offset: position }],
    );
  }

  markCommitted(positions: readonly Position[]): void {
    for (const position of positions) this.committed.set(keyOf(position), position.offset);
  }

  private open(where: TopicPartition): Lane {
    const handlers: LaneHandlers = {
      onBatch: (batch) => this.options.onBatch(batch),
      onBacklog: (full) => {
        this.options.onBacklog(where, full);
      },
      onHandlerError: (error) => {
        this.options.onHandlerError(where, error);
      },
      onJump: (expected, actual) => {
        this.options.onJump(where, expected, actual);
      },
    };
    return new Lane(where, handlers, this.inHand.get(keyOf(where)));
  }

  private remember(lane: Lane): void {
    const key = keyOf(lane.where);
    const work = lane.idle.then(() => {
      if (this.inHand.get(key) === work) this.inHand.delete(key);
    });
    this.inHand.set(key, work);
  }
}
