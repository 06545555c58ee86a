import { RETRY } from '../kafkajs/client.js';
import type { RetrySettings } from '../kafkajs/client.js';
import type { BusConsumerOptions } from '../port.js';

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
  readonly onAssigned: BusConsumerOptions['onAssigned'];
  readonly onRevoked: NonNullable<BusConsumerOptions['onRevoked']>;
  readonly onJump: NonNullable<BusConsumerOptions['onJump']>;
  readonly onState: NonNullable<BusConsumerOptions['onState']>;
  readonly onFailed: NonNullable<BusConsumerOptions['onFailed']>;
}

const MIB = 1024 * 1024;
const nothing = (): void => undefined;

export function consumerSettings(options: BusConsumerOptions): ConsumerSettings {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 6_000;
  return {
    group: options.group,
    topics: options.topics,
    sessionTimeoutMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 10_000,
    heartbeatMs: Math.min(1_000, Math.floor(sessionTimeoutMs / 3)),
    maxWaitMs: options.maxWaitMs ?? 200,
    maxBytesPerPartition: options.maxBytesPerPartition ?? MIB,
    metadataMaxAgeMs: 30_000,
    commitEveryMs: options.commitEveryMs ?? 1_000,
    silenceMs: options.silenceMs ?? 10_000,
    maxRebuilds: options.maxRebuilds ?? 3,
    drainMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 2)),
    retry: RETRY,
    onBatch: (batch) => options.onBatch(batch),
    onAssigned: options.onAssigned?.bind(options),
    onRevoked: options.onRevoked?.bind(options) ?? nothing,
    onJump: options.onJump?.bind(options) ?? nothing,
    onState: options.onState?.bind(options) ?? nothing,
    onFailed: options.onFailed?.bind(options) ?? nothing,
  };
}
