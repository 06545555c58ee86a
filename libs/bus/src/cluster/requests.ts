import { BusError } from '../errors.js';
import { roomFor } from '../kafkajs/create-request.js';
import { internals } from '../kafkajs/internals.js';
import { payloadOf } from './payload.js';
import type { ProduceMessage } from './produce-message.js';
import { RecordWriter, sizedBatch } from './record-batch.js';
import type { FetchedPartitionData, KafkaDecoder, ProtocolRequest, RawBroker } from '../kafkajs/internals.js';

type EncodeBy = (request: ProtocolRequest['request']) => Buffer | null;

/** Requests whose answers keep the error of each partition; kafkajs' own throw the first one and drop the rest. */
export const answerAsIs = <T>(
  broker: RawBroker,
  name: string,
  args: object,
  encodeBy: EncodeBy = () => null,
): Promise<T> => sendAsIs(broker, requestOf(broker, name, args), encodeBy);

function requestOf(broker: RawBroker, name: string, args: object): ProtocolRequest {
  const definition = internals.requests[name];
  const apiKey = internals.apiKeys[name];
  if (definition === undefined || apiKey === undefined) throw new Error(`kafkajs has no request ${name}`);
  return broker.lookupRequest(apiKey, definition)(args);
}

async function sendAsIs<T>(broker: RawBroker, made: ProtocolRequest, encodeBy: EncodeBy): Promise<T> {
  const { request, response, requestTimeout } = made;
  const encoded = encodeBy(request);
  const asIs: ProtocolRequest = {
    request: encoded === null ? request : { ...request, encode: () => Promise.resolve(payloadOf(encoded)) },
    response: { decode: response.decode, parse: async (data: T) => Promise.resolve(data) },
    ...(requestTimeout === undefined ? {} : { requestTimeout }),
  };
  return (await broker.connectionPool.send(asIs)) as T;
}

export interface MetadataAnswer {
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string | null;
  }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      readonly leader: number;
    }[];
  }[];
}

/** All topics when none is named. Never creates one. */
export function metadata(broker: RawBroker, topics: readonly string[]): Promise<MetadataAnswer> {
  return answerAsIs(broker, 'Metadata', { topics: [...topics], allowAutoTopicCreation: false });
}

export interface ProduceTopic {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly messages: readonly ProduceMessage[];
  }[];
}
export interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly baseOffset: string;
    }[];
  }[];
}

const ALL_IN_SYNC = -1;
/** From here on, records are in batches. */
const FIRST_VERSION_WITH_BATCHES = 3;

/** By what the broker of a connection speaks: kafkajs looks up its modules for each request, of which these keep nothing. */
const produceRequests = new WeakMap<RawBroker['lookupRequest'], ProtocolRequest>();

function produceRequest(broker: RawBroker): ProtocolRequest {
  const known = produceRequests.get(broker.lookupRequest);
  if (known) return known;
  const request = requestOf(broker, 'Produce', { acks: ALL_IN_SYNC, compression: 0, topicData: [] });
  produceRequests.set(broker.lookupRequest, request);
  return request;
}

/** Acknowledged by all replicas in sync. */
export function produce(
  broker: RawBroker,
  topics: readonly ProduceTopic[],
  timeoutMs: number,
): Promise<ProduceAnswer> {
  return sendAsIs(broker, produceRequest(broker), ({ apiVersion }) => {
    if (apiVersion >= FIRST_VERSION_WITH_BATCHES) return encodeProduce(topics, timeoutMs);
    throw new BusError('kafka_error', 'the broker is older than Kafka 0.11 and takes no headers', {
      retriable: false,
      outcome: 'refused',
    });
  });
}

/**
 * A produce request of versions 3 to 8, in a buffer by `roomFor`. kafkajs makes several buffers of
 * a kilobyte for each record and copies them into each other; this was a tenth of the time of all that sends.
 */
export function encodeProduce(
  topics: readonly ProduceTopic[],
  timeoutMs: number,
  nowMs: number = Date.now(),
): Buffer {
  const sized = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, messages }) => ({
      partition,
      batch: sizedBatch(messages, nowMs),
    })),
  }));
  const size = sized.reduce(
    (sum, { topic, partitions }) =>
      partitions.reduce((part, { batch }) => part + 8 + batch.bytes, sum + 2 + Buffer.byteLength(topic) + 4),
    2 + 2 + 4 + 4,
  );
  const writer = new RecordWriter(roomFor(size));
  writer.int16(-1); // no transaction
  writer.int16(ALL_IN_SYNC);
  writer.int32(timeoutMs);
  writer.int32(sized.length);
  for (const { topic, partitions } of sized) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition, batch } of partitions) {
      writer.int32(partition);
      writer.int32(batch.bytes);
      writer.batch(batch);
    }
  }
  return writer.bytes;
}

export interface FetchTopic {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly fetchOffset: string;
    readonly maxBytes: number;
  }[];
}
export interface FetchAnswer {
  readonly errorCode?: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartitionData[];
  }[];
}
const READ_COMMITTED = 1;
const MAX_FETCH_BYTES = 10 * 1024 * 1024;

export function fetch(
  broker: RawBroker,
  topics: readonly FetchTopic[],
  maxWaitMs: number,
): Promise<FetchAnswer> {
  return answerAsIs(broker, 'Fetch', {
    isolationLevel: READ_COMMITTED,
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes: MAX_FETCH_BYTES,
    topics,
    rackId: '',
  });
}

const INCREMENTAL_ALTER_CONFIGS = 44;
const TOPIC_RESOURCE = 2;
const SET_OPERATION = 0;

export interface TopicSettings {
  readonly topic: string;
  readonly settings: Readonly<Record<string, string>>;
}
export interface AlterAnswer {
  readonly resources: readonly {
    readonly errorCode: number;
    readonly errorMessage: string | null;
    readonly topic: string;
  }[];
}

/** kafkajs only has the request that replaces all settings of a topic; this one (KIP-339) sets the named ones. */
export async function alterTopicSettings(
  broker: RawBroker,
  changes: readonly TopicSettings[],
): Promise<AlterAnswer> {
  const encode = (): Promise<unknown> => {
    const resources = changes.map(({ topic, settings }) => {
      const entries = Object.entries(settings).map(([name, value]) =>
        new internals.Encoder().writeString(name).writeInt8(SET_OPERATION).writeString(value),
      );
      return new internals.Encoder().writeInt8(TOPIC_RESOURCE).writeString(topic).writeArray(entries);
    });
    return Promise.resolve(new internals.Encoder().writeArray(resources).writeBoolean(false));
  };
  const readResource = (decoder: KafkaDecoder): AlterAnswer['resources'][number] => {
    const errorCode = decoder.readInt16();
    const errorMessage = decoder.readString();
    decoder.readInt8(); // resource type
    return { errorCode, errorMessage, topic: decoder.readString() ?? '' };
  };
  const decode = (raw: Buffer): Promise<AlterAnswer> => {
    const decoder = new internals.Decoder(raw);
    decoder.readInt32(); // throttle time
    return Promise.resolve({ resources: decoder.readArray(readResource) });
  };
  const request: ProtocolRequest = {
    request: { apiKey: INCREMENTAL_ALTER_CONFIGS, apiName: 'IncrementalAlterConfigs', apiVersion: 0, encode },
    response: { decode, parse: async (data: AlterAnswer) => Promise.resolve(data) },
  };
  return (await broker.connectionPool.send(request)) as AlterAnswer;
}
