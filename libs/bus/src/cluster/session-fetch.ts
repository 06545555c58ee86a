import { internals } from '../kafkajs/internals.js';
import type { FetchedPartitionData, ProtocolRequest, RawBroker } from '../kafkajs/internals.js';
import { PlainAnswer, readPlainAnswer } from './fetch-answer.js';
import { encodeFetch, FETCH_VERSION } from './fetch-request.js';
import type { FetchLimits } from './fetch-request.js';
import type { FetchPlan } from './fetch-session.js';
import { payloadOf } from './payload.js';

/** As kafkajs takes it apart. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartitionData[];
  }[];
}

/** By how long they wait, of which there are a few: kafkajs looks up its modules for each request. */
const requests = new Map<number, ProtocolRequest>();

function requestThatWaits(maxWaitMs: number): ProtocolRequest {
  const known = requests.get(maxWaitMs);
  if (known) return known;
  const { Fetch: definition } = internals.requests;
  if (definition === undefined) throw new Error('kafkajs has no Fetch request');
  const { request, response, ...rest } = definition.protocol({ version: FETCH_VERSION })({
    maxWaitTime: maxWaitMs,
    topics: [],
  });
  const decode = async (raw: Buffer): Promise<unknown> =>
    readPlainAnswer(raw) ?? (await response.decode(raw));
  const parse = async (data: unknown): Promise<unknown> =>
    data instanceof PlainAnswer ? data : await response.parse(data as never);
  const made = { ...rest, request, response: { decode, parse } };
  requests.set(maxWaitMs, made);
  return made;
}

/** @throws what kafkajs throws for connections, and for errors of partitions */
export async function fetchInSession(
  broker: RawBroker,
  plan: FetchPlan,
  limits: FetchLimits,
): Promise<FetchAnswer | PlainAnswer> {
  const { request, ...rest } = requestThatWaits(limits.maxWaitMs);
  const encode = (): Promise<unknown> => Promise.resolve(payloadOf(encodeFetch(plan, limits)));
  try {
    return (await broker.connectionPool.send({ ...rest, request: { ...request, encode } })) as
      FetchAnswer | PlainAnswer;
  } catch (error) {
    // As kafkajs does it: what is connected again is a new connection.
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
}
