import { BusError } from '../errors.js';
import type { Directory, TopicLayout } from '../cluster/directory.js';
import { kafkajs } from '../kafkajs/internals.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { murmur2 } from './murmur2.js';
import { keyOf, split } from './plan.js';
import type { Chunk, Outgoing } from './plan.js';

/** What can be sent now, partition by partition in order, and what cannot be sent at all. */
export interface Routed {
  readonly lanes: Chunk[][];
  readonly stuck: readonly { readonly item: Outgoing; readonly error: BusError }[];
}

/** Murmur2 of the key like the Java client; without a key, partitions in turn. */
export type Partitioner = (item: Outgoing, layout: TopicLayout) => number;

export function createPartitioner(): Partitioner {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  return ({ message }, { topic, leaders }) => {
    if (message.partition !== undefined) return message.partition;
    if (message.key !== null) return (murmur2(Buffer.from(message.key)) & 0x7fffffff) % leaders.length;
    const partitionMetadata = leaders.map((leader, partitionId) => ({
      partitionId,
      leader,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }));
    return partitioner({ topic, partitionMetadata, message: { key: null, value: message.value } });
  };
}

export async function route(
  items: readonly Outgoing[],
  directory: Directory,
  pick: Partitioner,
): Promise<Routed> {
  const layouts = await layoutsOf(items, directory);
  const byPartition = new Map<string, { topic: string; partition: number; items: Outgoing[] }>();
  const stuck: { item: Outgoing; error: BusError }[] = [];
  for (const item of items) {
    const { topic } = item.message;
    const layout = layouts.get(topic);
    if (layout === undefined || layout instanceof BusError) {
      stuck.push({ item, error: layout ?? notThere(topic) });
      continue;
    }
    const partition = pick(item, layout);
    if (layout.leaders[partition] === undefined) {
      directory.forget(topic);
      stuck.push({ item, error: notThere(keyOf(topic, partition)) });
      continue;
    }
    const key = keyOf(topic, partition);
    const lane = byPartition.get(key) ?? { topic, partition, items: [] };
    byPartition.set(key, lane);
    lane.items.push(item);
  }
  return {
    lanes: [...byPartition.values()].map((lane) => split(lane.topic, lane.partition, lane.items)),
    stuck,
  };
}

async function layoutsOf(
  items: readonly Outgoing[],
  directory: Directory,
): Promise<Map<string, TopicLayout | BusError>> {
  const topics = new Set(items.map(({ message }) => message.topic));
  try {
    return await directory.layouts(topics);
  } catch (error) {
    const failure = toBusError(error, 'refused');
    return new Map([...topics].map((topic) => [topic, failure]));
  }
}

function notThere(what: string): BusError {
  return new BusError('unknown_topic', `${what} does not exist`, { retriable: true, outcome: 'refused' });
}
