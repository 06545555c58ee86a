import type { Consumer } from 'kafkajs';
import { kafkajs } from '../kafkajs/internals.js';
import type { ClusterIdentity } from '../kafkajs/internals.js';
import { hookConsumer } from '../patches/consumer-hooks.js';
import type { ConsumerHooks } from '../patches/consumer-hooks.js';
import type { ConsumerSettings } from './settings.js';

export interface MemberEvents extends ConsumerHooks {
  joined(assignment: Readonly<Record<string, readonly number[]>>): void;
  /** kafkajs will not go on. */
  crashed(error: unknown): void;
}

/** One fetch answer holds at most this many full partitions. */
const MAX_FULL_PARTITIONS = 12;

export const maxFetchBytes = (settings: ConsumerSettings, partitionCount: number): number =>
  settings.maxBytesPerPartition * Math.max(1, Math.min(partitionCount, MAX_FULL_PARTITIONS));

/** A kafkajs consumer that reports what this library needs to know and never restarts itself. */
export function createMember(
  client: object,
  settings: ConsumerSettings,
  partitionCount: number,
  events: MemberEvents,
): Consumer {
  const consumer = new kafkajs.Kafka(client).consumer({
    groupId: settings.group,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: settings.rebalanceTimeoutMs,
    heartbeatInterval: settings.heartbeatMs,
    maxWaitTimeInMs: settings.maxWaitMs,
    minBytes: 1,
    maxBytesPerPartition: settings.maxBytesPerPartition,
    maxBytes: maxFetchBytes(settings, partitionCount),
    metadataMaxAge: settings.metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    // A crash ends the member; the supervisor makes a new one.
    retry: { ...settings.retry, restartOnFailure: () => Promise.resolve(false) },
    partitionAssigners: [
      (assigner) => {
        // The one place where kafkajs shows the object that all parts of this member share.
        const cluster: ClusterIdentity = assigner.cluster;
        hookConsumer(cluster, events);
        return kafkajs.PartitionAssigners.roundRobin(assigner);
      },
    ],
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    events.crashed(payload.error);
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    events.joined(payload.memberAssignment);
  });
  return consumer;
}
