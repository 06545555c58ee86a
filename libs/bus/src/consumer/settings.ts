import { RETRY } from '../kafkajs/client.js';
import type { RetrySettings } from '../kafkajs/client.js';
import type { BusConsumerOptions, BusLog } from '../port.js';

/** The options with every default filled in. */
export interface ConsumerSettings {
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly metadataMaxAgeMs: number;
  readonly commitEveryMs: number;
  readonly silenceMs: number;
  readonly maxRebuilds: number;
  /** How long a batch in hand may hold up a rebalance. */
  readonly drainMs: number;
  readonly retry: RetrySettings;
  readonly onBatch: BusConsumerOptions['onBatch'];
  readonly ownBytes: () => number;
  readonly onAssigned: BusConsumerOptions['onAssigned'];
  readonly onMember: NonNullable<BusConsumerOptions['onMember']>;
  readonly onRevoked: NonNullable<BusConsumerOptions['onRevoked']>;
  readonly onJump: NonNullable<BusConsumerOptions['onJump']>;
  readonly onState: NonNullable<BusConsumerOptions['onState']>;
  readonly onFailed: NonNullable<BusConsumerOptions['onFailed']>;
}

const MIB = 1024 * 1024;

/** A callback that throws is a bug of its owner; it must not stop the consumer. It has said `instead` then. */
function guarded<A extends unknown[], R>(
  log: BusLog,
  name: string,
  callback: ((...args: A) => R) | undefined,
  instead: R,
): (...args: A) => R {
  return (...args) => {
    try {
      return callback ? callback(...args) : instead;
    } catch (error) {
      log('error', `${name} threw`, { error: String(error) });
      return instead;
    }
  };
}

export function consumerSettings(options: BusConsumerOptions, log: BusLog): ConsumerSettings {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 6_000;
  const heartbeatMs = Math.min(1_000, Math.floor(sessionTimeoutMs / 3));
  return {
    group: options.group,
    topics: options.topics,
    sessionTimeoutMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 10_000,
    heartbeatMs,
    // A heartbeat goes out when a fetch has come back.
    maxWaitMs: options.maxWaitMs ?? Math.floor(heartbeatMs / 2),
    maxBytesPerPartition: options.maxBytesPerPartition ?? MIB,
    metadataMaxAgeMs: 30_000,
    commitEveryMs: options.commitEveryMs ?? 1_000,
    silenceMs: options.silenceMs ?? 10_000,
    maxRebuilds: options.maxRebuilds ?? 3,
    drainMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 2)),
    retry: RETRY,
    onBatch: (batch) => options.onBatch(batch),
    ownBytes: guarded(log, 'ownBytes', options.ownBytes?.bind(options), 0),
    onAssigned: options.onAssigned?.bind(options),
    onMember: guarded(log, 'onMember', options.onMember?.bind(options), undefined),
    onRevoked: guarded(log, 'onRevoked', options.onRevoked?.bind(options), undefined),
    onJump: guarded(log, 'onJump', options.onJump?.bind(options), undefined),
    onState: guarded(log, 'onState', options.onState?.bind(options), undefined),
    onFailed: guarded(log, 'onFailed', options.onFailed?.bind(options), undefined),
  };
}
