import { internals } from '../kafkajs/internals.js';
import type { ClusterIdentity, ConsumerGroupInternals, FetchedBatch } from '../kafkajs/internals.js';

export interface ConsumerHooks {
  /** Awaited before each (re)join of the group: the last moment for commits under the old generation. */
  beforeJoin(): Promise<void>;
  /** Called for each (re)join; `attempt` is kafkajs' own, which gives up after a few tries. */
  join(group: ConsumerGroupInternals, attempt: () => Promise<void>): Promise<void>;
  /**
   * Fetches in place of kafkajs, which asks for all partitions each time; `original` is its own.
   * @returns what is left for kafkajs to hand to its workers
   */
  fetch(
    group: ConsumerGroupInternals,
    nodeId: string,
    original: () => Promise<FetchedBatch[]>,
  ): Promise<FetchedBatch[]>;
}

const hooksByCluster = new WeakMap<ClusterIdentity, ConsumerHooks>();

/** Hooks for the group member of that client only; other kafkajs consumers of the process keep their behaviour. */
export function hookConsumer(cluster: ClusterIdentity, hooks: ConsumerHooks): void {
  hooksByCluster.set(cluster, hooks);
}

/** Batches that hold only control or aborted records never reach kafkajs' handler; with this they do, as empty. */
function handOverEmpty(batch: FetchedBatch): void {
  batch.isEmpty = () => batch.rawMessages.length === 0;
  batch.isEmptyDueToFiltering = () => false;
}

/**
 * kafkajs announces a rebalance when it is already joining again, and moves the position over control records
 * without telling anybody. Both are needed here: commits before the join, and positions without gaps.
 */
export function patchConsumerHooks(): void {
  const group = internals.ConsumerGroup.prototype;
  const { joinAndSync, fetch } = group;
  group.joinAndSync = async function hookedJoin() {
    const hooks = hooksByCluster.get(this.cluster);
    if (hooks === undefined) return joinAndSync.call(this);
    await hooks.beforeJoin();
    return hooks.join(this, () => joinAndSync.call(this));
  };
  group.fetch = async function hookedFetch(nodeId) {
    const hooks = hooksByCluster.get(this.cluster);
    if (hooks === undefined) return fetch.call(this, nodeId);
    const batches = await hooks.fetch(this, nodeId, () => fetch.call(this, nodeId));
    for (const batch of batches) if (batch instanceof internals.Batch) handOverEmpty(batch);
    return batches;
  };
}
