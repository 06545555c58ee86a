import { BusError } from '../errors.js';
import type { Directory, TopicLayout } from '../cluster/directory.js';
import { kafkajs } from '../kafkajs/internals.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { murmur2, murmur2OfText } from './murmur2.js';
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
  // What is said about one run often follows each other.
  let lastKey: string | undefined;
  let lastHash = 0;
  return ({ message }, { topic, leaders }) => {
    const { partition, key } = message;
    if (partition !== undefined) return partition;
    if (key !== null) {
      if (typeof key !== 'string') lastHash = murmur2(key);
      else if (key !== lastKey) lastHash = murmur2OfText(key);
      lastKey = typeof key === 'string' ? key : undefined;
      return (lastHash & 0x7fffffff) % leaders.length;
    }
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
  const layouts = await layoutsOf(
    items.map(({ message }) => message),
    directory,
  );
  const lanes: Lane[] = [];
  const byTopic = new Map<string, Lane[]>();
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
    let ofTopic = byTopic.get(topic);
    if (ofTopic === undefined) byTopic.set(topic, (ofTopic = []));
    let lane = ofTopic[partition];
    if (lane === undefined) lanes.push((lane = ofTopic[partition] = { topic, partition, items: [] }));
    lane.items.push(item);
  }
  return { lanes: lanes.map((lane) => split(lane.topic, lane.partition, lane.items)), stuck };
}

interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly items: Outgoing[];
}

/** Of the topics that are named; what cannot be looked up has the reason instead. */
export async function layoutsOf(
  named: readonly { readonly topic: string }[],
  directory: Directory,
): Promise<Map<string, TopicLayout | BusError>> {
  const topics = new Set<string>();
  for (const { topic } of named) topics.add(topic);
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
