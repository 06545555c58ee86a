import { createRequire } from 'node:module';
import { createRequestBy } from './create-request.js';
import type { CreateRequest, IN_ROOM } from './create-request.js';
import { decodeRecord } from './decode-record.js';
import type { DecodeRecord } from './decode-record.js';
import type { ICustomPartitioner, Kafka, PartitionAssigner } from 'kafkajs';

/**
 * The parts of kafkajs below its public interface that this library uses; pinned to 2.2.4, which has no `exports` map.
 * Its producer cannot tell which partitions of a request were written, and its consumer cannot read a partition
 * without a group; its protocol, connections and authentication can.
 */
export interface KafkaDecoder {
  readonly buffer: Buffer;
  readonly offset: number;
  readVarIntBytes(): Buffer;
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string | null;
  readArray<T>(read: (decoder: KafkaDecoder) => T): T[];
  readBytes(length: number): Buffer;
}

export interface KafkaEncoder {
  writeInt8(value: number): KafkaEncoder;
  writeInt32(value: number): KafkaEncoder;
  writeString(value: string | null): KafkaEncoder;
  writeBoolean(value: boolean): KafkaEncoder;
  writeArray(values: KafkaEncoder[]): KafkaEncoder;
  readonly buffer: Buffer;
  buf: Buffer;
  offset: number;
  [IN_ROOM]?: Buffer;
}

export interface ProtocolRequest<T = unknown> {
  readonly request: {
    readonly apiKey: number;
    readonly apiName: string;
    readonly apiVersion: number;
    encode(): Promise<unknown>;
  };
  readonly response: { decode(raw: Buffer): Promise<unknown>; parse(data: never): Promise<T> };
  readonly requestTimeout?: number;
}

export interface RequestDefinition {
  readonly versions: readonly string[];
  protocol: (choice: { version: number }) => (args: object) => ProtocolRequest;
}

export interface RawBroker {
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null;
  readonly connectionPool: { send(request: ProtocolRequest): Promise<unknown> };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  lookupRequest(apiKey: number, definition: RequestDefinition): (args: object) => ProtocolRequest;
  createTopics(args: { topics: readonly object[]; validateOnly: boolean; timeout: number }): Promise<unknown>;
  describeConfigs(args: {
    resources: readonly object[];
    includeSynonyms: boolean;
  }): Promise<DescribedConfigs>;
}

export interface DescribedConfigs {
  readonly resources: readonly {
    readonly resourceName: string;
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
  }[];
}

export interface RequestQueueInternals {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  readonly inflight: ReadonlyMap<
    number,
    { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
  >;
  requestTimeoutIntervalId: NodeJS.Timeout | null;
  isConnected(): boolean;
  scheduleRequestTimeoutCheck(): void;
  destroy(): void;
}

export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset: string;
  readonly rawMessages: readonly unknown[];
  isEmpty(): boolean;
  isEmptyDueToFiltering(): boolean;
}

export interface RawMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
}

export interface FetchedPartitionData {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly object[];
  readonly messages: readonly RawMessage[];
}

/** What kafkajs makes of a fetched partition: without control and aborted records. */
export interface RawBatch extends FetchedBatch {
  readonly messages: readonly RawMessage[];
  lastOffset(): string;
  isEmptyIncludingFiltered(): boolean;
}

/** Identifies the kafkajs client that a group member belongs to; the assigner is given the same object. */
export type ClusterIdentity = object;

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface ClusterInternals extends ClusterIdentity {
  /** Another object after each refresh. */
  readonly brokerPool: { readonly metadata: object | null };
  refreshMetadataIfNecessary(): Promise<void>;
  findBroker(node: { nodeId: string }): Promise<RawBroker>;
}

/** By topic and partition. */
type Offsets = Readonly<Record<string, Readonly<Record<number, string | undefined>> | undefined>>;

export interface OffsetManagerInternals {
  readonly resolvedOffsets: Offsets;
  committedOffsets(): Offsets;
  nextOffset(topic: string, partition: number): { toString(): string };
}

export interface ConsumerGroupInternals {
  readonly cluster: ClusterInternals;
  /** Null: the group's coordinator has still to give one. */
  memberId: string | null;
  /** Another object after each join. */
  readonly offsetManager: OffsetManagerInternals;
  readonly subscriptionState: {
    assigned(): readonly TopicPartitions[];
    isPaused(topic: string, partition: number): boolean;
  };
  readonly seekOffset: { readonly size: number; has(topic: string, partition: number): boolean };
  joinAndSync(): Promise<void>;
  fetch(nodeId: string): Promise<FetchedBatch[]>;
  /** Throws when the topics have other partitions than at the last join. */
  checkForStaleAssignment(): void;
  filterPartitionsByNode(nodeId: string, assigned: readonly TopicPartitions[]): readonly TopicPartitions[];
  /** Takes seeks over, and looks up positions that are not known. */
  seekOffsets(partitions: readonly TopicPartitions[]): Promise<void>;
  recoverFromFetch(error: unknown): Promise<void>;
  /** What is behind it is fetched next. */
  resolveOffset(position: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
  }): void;
}

interface KafkajsModule {
  readonly Kafka: new (config: object) => Kafka;
  readonly PartitionAssigners: { readonly roundRobin: PartitionAssigner };
  readonly Partitioners: { readonly DefaultPartitioner: ICustomPartitioner };
  readonly CompressionCodecs: Record<number, () => unknown>;
}

const require = createRequire(import.meta.url);
const load = <T>(path: string): T => require(path) as T;

/** Replaced before anything else of kafkajs is loaded and takes hold of it. @returns it as it came */
function replace<T>(path: string, by: (original: T) => T): T {
  const original = load<T>(path);
  const loaded = require.cache[require.resolve(path)];
  if (loaded) loaded.exports = by(original);
  return original;
}

export const originalDecodeRecord = replace<DecodeRecord>(
  'kafkajs/src/protocol/recordBatch/record/v0/decoder.js',
  () => decodeRecord,
);
export const originalCreateRequest = replace<CreateRequest>(
  'kafkajs/src/protocol/request.js',
  createRequestBy,
);

export const kafkajs = load<KafkajsModule>('kafkajs');

export const internals = {
  require: load,
  Broker: load<new (options: object) => RawBroker>('kafkajs/src/broker/index.js'),
  ConnectionPool: load<new (options: object) => object>('kafkajs/src/network/connectionPool.js'),
  RequestQueue: load<{ prototype: RequestQueueInternals }>('kafkajs/src/network/requestQueue/index.js'),
  ConsumerGroup: load<{ prototype: ConsumerGroupInternals }>('kafkajs/src/consumer/consumerGroup.js'),
  Batch: load<new (topic: string, fetchedOffset: string, data: FetchedPartitionData) => RawBatch>(
    'kafkajs/src/consumer/batch.js',
  ),
  Decoder: load<new (buffer: Buffer) => KafkaDecoder>('kafkajs/src/protocol/decoder.js'),
  Encoder: load<new (initialSize?: number) => KafkaEncoder>('kafkajs/src/protocol/encoder.js'),
  errors:
    load<Record<string, new (message: string) => Error & { retriable: boolean }>>('kafkajs/src/errors.js'),
  createErrorFromCode: load<{ createErrorFromCode(code: number): Error }>('kafkajs/src/protocol/error.js')
    .createErrorFromCode,
  requests: load<{ requests: Record<string, RequestDefinition> }>('kafkajs/src/protocol/requests/index.js')
    .requests,
  apiKeys: load<Record<string, number>>('kafkajs/src/protocol/requests/apiKeys.js'),
  createLogger: load<{ createLogger(options: object): object }>('kafkajs/src/loggers/index.js').createLogger,
} as const;
