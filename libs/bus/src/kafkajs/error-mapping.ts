import { BusError } from '../errors.js';
import { internals } from './internals.js';
import type { BusErrorCode, SendOutcome } from '../errors.js';

interface Meaning {
  readonly code: BusErrorCode;
  readonly retriable: boolean;
  /** Outcome of a send that got this answer from the broker. */
  readonly outcome: SendOutcome;
}

const refused = (code: BusErrorCode, retriable = false): Meaning => ({ code, retriable, outcome: 'refused' });
const unknown = (code: BusErrorCode, retriable = true): Meaning => ({ code, retriable, outcome: 'unknown' });

/** By the broker's error type; the broker answers the refused ones before it appends. */
const BY_TYPE: Readonly<Record<string, Meaning>> = {
  INVALID_TIMESTAMP: refused('invalid_timestamp'),
  MESSAGE_TOO_LARGE: refused('too_large'),
  RECORD_LIST_TOO_LARGE: refused('too_large'),
  INVALID_RECORD: refused('invalid_record'),
  CORRUPT_MESSAGE: refused('corrupt_record'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: refused('invalid_record'),
  UNSUPPORTED_COMPRESSION_TYPE: refused('invalid_record'),
  POLICY_VIOLATION: refused('invalid_record'),
  UNKNOWN_TOPIC_OR_PARTITION: refused('unknown_topic', true),
  INVALID_TOPIC_EXCEPTION: refused('unknown_topic'),
  LEADER_NOT_AVAILABLE: refused('not_leader', true),
  NOT_LEADER_FOR_PARTITION: refused('not_leader', true),
  FENCED_LEADER_EPOCH: refused('not_leader', true),
  UNKNOWN_LEADER_EPOCH: refused('not_leader', true),
  NOT_ENOUGH_REPLICAS: refused('not_enough_replicas', true),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: unknown('not_enough_replicas'),
  TOPIC_AUTHORIZATION_FAILED: refused('not_authorized'),
  GROUP_AUTHORIZATION_FAILED: refused('not_authorized'),
  CLUSTER_AUTHORIZATION_FAILED: refused('not_authorized'),
  SASL_AUTHENTICATION_FAILED: refused('not_authorized'),
  OFFSET_OUT_OF_RANGE: refused('offset_out_of_range'),
  INVALID_CONFIG: refused('invalid_config'),
  INVALID_PARTITIONS: refused('invalid_config'),
  INVALID_REPLICATION_FACTOR: refused('invalid_config', true),
  REQUEST_TIMED_OUT: unknown('timed_out'),
  NETWORK_EXCEPTION: unknown('connection_failed'),
};

const BY_NAME: Readonly<Record<string, Meaning>> = {
  KafkaJSConnectionError: unknown('connection_failed'),
  KafkaJSConnectionClosedError: unknown('connection_failed'),
  KafkaJSBrokerNotFound: unknown('connection_failed'),
  KafkaJSNoBrokerAvailableError: unknown('connection_failed'),
  KafkaJSGroupCoordinatorNotFound: unknown('connection_failed'),
  KafkaJSRequestTimeoutError: unknown('timed_out'),
  KafkaJSTimeout: unknown('timed_out'),
  KafkaJSLockTimeout: unknown('timed_out'),
  KafkaJSSASLAuthenticationError: refused('not_authorized'),
  KafkaJSOffsetOutOfRange: refused('offset_out_of_range'),
};

/** Types that say that the broker is there but not ready yet. */
const NOT_READY = new Set(['LEADER_NOT_AVAILABLE', 'BROKER_NOT_AVAILABLE']);
/** Types that say that the group's coordinator is only taking it over. */
const GROUP_MOVES = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);
/** kafkajs wraps these while joining, and what is left of them is their text. */
const textsOf = (...errorCodes: readonly number[]): ReadonlySet<string> =>
  new Set(errorCodes.map((code) => internals.createErrorFromCode(code).message));
const NOT_COORDINATOR = textsOf(16);
/** The generation is over, the member is unknown, the group is rebalancing. */
const JOIN_AGAIN = textsOf(22, 25, 27);

interface Traits {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly message?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

function chainOf(error: unknown): Traits[] {
  const chain: Traits[] = [];
  for (let at = error; typeof at === 'object' && at !== null && chain.length < 8;) {
    const traits: Traits = at;
    chain.push(traits);
    at = traits.cause;
  }
  return chain;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Any error as a BusError: the innermost known reason counts, since kafkajs wraps errors after retries.
 * `outcome` overrides what the answer means, e.g. `refused` when nothing had been sent yet.
 */
export function toBusError(error: unknown, outcome?: SendOutcome): BusError {
  if (error instanceof BusError) {
    if (outcome === undefined || outcome === error.outcome) return error;
    return new BusError(error.code, error.message, {
      retriable: error.retriable,
      outcome,
      cause: error.cause,
    });
  }
  const chain = chainOf(error);
  const known = chain
    .map((traits) => BY_TYPE[textOf(traits.type)] ?? BY_NAME[textOf(traits.name)])
    .filter((meaning) => meaning !== undefined)
    .at(-1);
  const retriable = chain.at(-1)?.retriable !== false;
  const meaning = known ?? unknown('kafka_error', retriable);
  const message = textOf(chain[0]?.message) || String(error);
  return new BusError(meaning.code, message, {
    retriable: meaning.retriable,
    outcome: outcome ?? meaning.outcome,
    cause: error,
  });
}

/** True for what a broker that restarts answers: worth waiting for, not a reason to give up. */
export function isBrokerAway(error: unknown): boolean {
  const code = toBusError(error).code;
  return code === 'connection_failed' || code === 'timed_out' || isBrokerNotReady(error);
}

/** True when a broker answered that it does not know leaders or groups yet: the same connection will do. */
export const isBrokerNotReady = (error: unknown): boolean =>
  isGroupMoving(error) || chainOf(error).some(({ type }) => NOT_READY.has(textOf(type)));

/** True when the group is being read from the log: who is a member is what the log says, not what was answered before. */
export const isGroupMoving = (error: unknown): boolean =>
  chainOf(error).some(
    ({ type, message }) => GROUP_MOVES.has(textOf(type)) || NOT_COORDINATOR.has(textOf(message)),
  );

/** True for what the members of a group are told while others join, or after their session was over. */
export const isRebalanceAnswer = (error: unknown): boolean =>
  chainOf(error).some(({ message }) => JOIN_AGAIN.has(textOf(message)));
