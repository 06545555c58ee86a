import type { FetchPosition } from '../cluster/fetch-session.js';
import type {
  ConsumerGroupInternals,
  OffsetManagerInternals,
  TopicPartitions,
} from '../kafkajs/internals.js';
import type { TopicPartition, TopicPartitionKey } from '../port.js';
import { keyOf } from './lanes.js';

interface Place extends TopicPartition {
  readonly key: TopicPartitionKey;
  /** As the offset manager has it; what is asked for is worked out when this changes. */
  resolved: string | undefined;
  position: FetchPosition | undefined;
}

/** Which of the member's partitions are read from which broker: from one join, or look at the cluster, to the next. */
export class Layout {
  private readonly offsets: OffsetManagerInternals;
  private readonly metadata: object | null;
  private readonly nodes = new Map<string, { list: readonly TopicPartitions[]; places: readonly Place[] }>();

  constructor(group: ConsumerGroupInternals) {
    this.offsets = group.offsetManager;
    this.metadata = group.cluster.brokerPool.metadata;
  }

  isOf(group: ConsumerGroupInternals): boolean {
    return group.offsetManager === this.offsets && group.cluster.brokerPool.metadata === this.metadata;
  }

  onNode(group: ConsumerGroupInternals, nodeId: string): readonly TopicPartitions[] {
    return this.node(group, nodeId).list;
  }

  /** What is to be fetched from that broker now. */
  wanted(group: ConsumerGroupInternals, nodeId: string): { wanted: FetchPosition[]; isHeldUp: boolean } {
    const { places } = this.node(group, nodeId);
    const wanted: FetchPosition[] = [];
    for (const place of places) {
      const { topic, partition } = place;
      // Not looked up yet, after the position was out of range.
      const isKnown = this.offsets.committedOffsets()[topic]?.[partition] !== undefined;
      if (isKnown && !group.subscriptionState.isPaused(topic, partition)) wanted.push(this.positionOf(place));
    }
    return { wanted, isHeldUp: wanted.length < places.length };
  }

  private positionOf(place: Place): FetchPosition {
    const { topic, partition, key, resolved, position } = place;
    const now = this.offsets.resolvedOffsets[topic]?.[partition];
    if (position !== undefined && now !== undefined && now === resolved) return position;
    const next = { topic, partition, key, offset: this.offsets.nextOffset(topic, partition).toString() };
    place.resolved = this.offsets.resolvedOffsets[topic]?.[partition];
    place.position = next;
    return next;
  }

  private node(group: ConsumerGroupInternals, nodeId: string) {
    const known = this.nodes.get(nodeId);
    if (known) return known;
    const list = group.filterPartitionsByNode(nodeId, group.subscriptionState.assigned());
    const places = list.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({
        topic,
        partition,
        key: keyOf({ topic, partition }),
        resolved: undefined,
        position: undefined,
      })),
    );
    const node = { list, places };
    this.nodes.set(nodeId, node);
    return node;
  }
}
