import type { BusError } from './errors.js';

export interface SaslConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** PEM texts. `true` instead of this object: TLS with the system's authorities. */
export interface TlsConfig {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export type BusLogLevel = 'error' | 'warn' | 'info' | 'debug';
export type BusLog = (
  level: BusLogLevel,
  message: string,
  details: Readonly<Record<string, unknown>>,
) => void;

export interface BusConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: TlsConfig | true;
  readonly sasl?: SaslConfig;
  /** Default true: Nagle's algorithm off. */
  readonly socketNoDelay?: boolean;
  /** Default 3000. */
  readonly connectionTimeoutMs?: number;
  /** Default 10000; a request without an answer in this time has an unknown outcome. */
  readonly requestTimeoutMs?: number;
  /** Default: warnings and errors on stderr. */
  readonly log?: BusLog;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export type TopicPartitionKey = `${string}/${number}`;

export type BusHeaders = Readonly<Record<string, Buffer | Buffer[] | undefined>>;

export interface BusRecord extends TopicPartition {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: BusHeaders;
}

/** What one fetch gave for one partition. */
export interface BusBatch extends TopicPartition {
  /** The position that it was fetched from. */
  readonly fetchedOffset: bigint;
  /** The position after it: beyond control records and aborted transactions. */
  readonly nextOffset: bigint;
  /** May be empty: then only the position moves. */
  readonly records: readonly BusRecord[];
  /** Called by the bus itself while `onBatch` is pending; never throws. */
  heartbeat(): Promise<void>;
  /** True once the partition was taken away, a seek happened, or the consumer stops: the effects no longer matter. */
  isStale(): boolean;
}

export type BusConsumerState = 'starting' | 'running' | 'rebuilding' | 'failed' | 'stopped';

export interface BusConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a partition without a position begins. Always true: the other choice skips messages silently. */
  readonly fromBeginning?: true;
  /** Default 6000. */
  readonly sessionTimeoutMs?: number;
  /** Default 10000. */
  readonly rebalanceTimeoutMs?: number;
  /** Default 500, less with a short session: how long the broker holds an empty fetch. */
  readonly maxWaitMs?: number;
  /** Default 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /** Default 1000: committed positions are sent to Kafka this often. */
  readonly commitEveryMs?: number;
  /** Default 10000: without any fetch for so long the client is rebuilt. */
  readonly silenceMs?: number;
  /** Default 3: rebuilds in a row without a fetch between them, then `failed`. */
  readonly maxRebuilds?: number;
  /**
   * Resolves when the effects are committed. Partitions are handed over concurrently, the batches of one partition
   * one after the other. When it throws, the same batch is given again after a back-off.
   */
  onBatch(batch: BusBatch): Promise<void>;
  /**
   * What the effects of the batches handed over last will take in partitions that are read here: after a few records
   * the broker is asked for more than these, for a moment, so that what this process writes itself does not wake it.
   */
  ownBytes?(): number;
  /** After each assignment, before the first fetch: positions to seek to (a missing one: the group's own). */
  onAssigned?(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, bigint>>;
  /** After each join: what the group knows this consumer by. */
  onMember?(memberId: string): void;
  /** What was assigned before is no longer ours. */
  onRevoked?(partitions: readonly TopicPartition[]): void;
  /**
   * Reading went on elsewhere than expected without a seek: the log no longer holds the position. To a lower offset:
   * the topic was made anew. To a higher one: retention was faster than reading.
   */
  onJump?(where: TopicPartition, expected: bigint, actual: bigint): void;
  onState?(state: BusConsumerState, reason?: BusError): void;
  /** The consumer gave up: the process should exit with a non-zero code. */
  onFailed?(reason: BusError): void;
}

export interface BusConsumer {
  readonly state: BusConsumerState;
  readonly assigned: readonly TopicPartition[];
  /** Resolves when the consumer has joined its group for the first time. */
  start(): Promise<void>;
  /** Finishes the batches in hand, commits their positions, leaves the group. */
  stop(): Promise<void>;
  seek(topic: string, partition: number, offset: bigint): void;
}

export interface OutMessage {
  readonly topic: string;
  /** Without it: murmur2 of the key, as the Java client does. */
  readonly partition?: number;
  readonly key: string | Buffer | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly timestampMs?: number;
}

export type PublishResult =
  | {
      readonly ok: true;
      readonly partition: number;
      readonly offset: bigint;
    }
  | {
      readonly ok: false;
      readonly error: BusError;
      /** `refused`: certainly not in the log. `unknown`: it may be in the log. */
      readonly outcome: 'refused' | 'unknown';
    };

export interface PublisherOptions {
  /** Default true. False: each record is put on the wire at most once. */
  readonly retries?: boolean;
  /** Default 10000: how long a message is tried again after retriable failures. */
  readonly retryForMs?: number;
}

export interface BusPublisher {
  /** One result per message, in their order. Never rejects. */
  send(messages: readonly OutMessage[]): Promise<PublishResult[]>;
  /** Sends what is queued, then disconnects. */
  close(): Promise<void>;
}

export interface BusTopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor?: number;
  /** Settings that must hold; every other setting of an existing topic stays as it is. */
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicReport {
  readonly created: readonly string[];
  readonly corrected: readonly { readonly topic: string; readonly settings: readonly string[] }[];
  /** Topics with fewer or more partitions than wanted: their number is never changed (keys would move). */
  readonly otherPartitions: readonly {
    readonly topic: string;
    readonly wanted: number;
    readonly actual: number;
  }[];
}

export interface BusAdmin {
  /** Creates what is missing and corrects settings of what exists; never deletes. */
  ensureTopics(specs: readonly BusTopicSpec[]): Promise<TopicReport>;
  endOffsets(topic: string): Promise<Map<number, bigint>>;
  beginningOffsets(topic: string): Promise<Map<number, bigint>>;
  /** Of all partitions of several topics, in one request to each broker. */
  ends(topics: readonly string[]): Promise<Map<TopicPartitionKey, bigint>>;
  beginnings(topics: readonly string[]): Promise<Map<TopicPartitionKey, bigint>>;
  partitions(topic: string): Promise<number>;
  /** Offset of the first record whose timestamp is at or after the time; the end when there is none. */
  firstOffsetAtOrAfter(topic: string, partition: number, timestampMs: number): Promise<bigint>;
  topics(): Promise<string[]>;
  /**
   * Has a group let go of a member whose process is known to be gone, so that others take its partitions over at once
   * instead of at its session timeout. One that lives after all joins again. False: the group does not know it.
   */
  removeMember(group: string, memberId: string): Promise<boolean>;
}

export interface TailOptions {
  /** Default 250. */
  readonly maxWaitMs?: number;
  /** Called once per outage, and with undefined when fetching works again. */
  onTrouble?(error: BusError | undefined): void;
}

export interface BusTail {
  /** Resolves when no more record will be handed over. */
  stop(): Promise<void>;
}

export interface Bus {
  consumer(options: BusConsumerOptions): BusConsumer;
  publisher(options?: PublisherOptions): BusPublisher;
  admin(): BusAdmin;
  /**
   * Reads the records of [from, to) of one partition and ends; no group is joined.
   * Throws BusError `timed_out` when the range was not read in `timeoutMs`.
   */
  readRange(
    topic: string,
    partition: number,
    from: bigint,
    to: bigint,
    timeoutMs: number,
  ): AsyncIterable<BusRecord>;
  /**
   * Follows the partitions from the given positions until stopped; no group is joined. Outages are waited out.
   * A promise given back by `onRecord` is awaited before the next record of that partition.
   */
  tail(
    topic: string,
    fromOffsets: ReadonlyMap<number, bigint>,
    onRecord: (record: BusRecord) => void | Promise<void>,
    options?: TailOptions,
  ): BusTail;
  /** Stops and closes everything that this bus made. */
  close(): Promise<void>;
}
