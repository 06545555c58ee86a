import { BusError } from '../errors.js';
import type { Directory } from '../cluster/directory.js';
import type { Links } from '../cluster/links.js';
import { listOffsets } from '../cluster/list-offsets.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { TopicPartition, TopicPartitionKey } from '../port.js';

export type Offsets = Map<TopicPartitionKey, bigint>;

/** Of all partitions of the topics, in one request to each broker that leads some of them. */
export async function offsetsOf(
  links: Links,
  directory: Directory,
  topics: readonly string[],
  timestamp: number,
  isWanted: (where: TopicPartition) => boolean = () => true,
): Promise<Offsets> {
  const byLeader = new Map<number, Map<string, number[]>>();
  for (const [topic, layout] of await directory.layouts(topics)) {
    if (layout instanceof BusError) throw layout;
    layout.leaders.forEach((leader, partition) => {
      if (!isWanted({ topic, partition })) return;
      const led = byLeader.get(leader) ?? new Map<string, number[]>();
      byLeader.set(leader, led);
      const list = led.get(topic);
      if (list) list.push(partition);
      else led.set(topic, [partition]);
    });
  }
  const offsets: Offsets = new Map();
  const ask = async (leader: number, wanted: ReadonlyMap<string, readonly number[]>): Promise<void> => {
    const asked = [...wanted].map(([topic, partitions]) => ({ topic, partitions }));
    const { responses } = await links.request(leader, (broker) => listOffsets(broker, asked, timestamp));
    for (const { topic, partitions } of responses) {
      for (const { partition, errorCode, offset } of partitions) {
        if (errorCode !== 0) throw toBusError(internals.createErrorFromCode(errorCode));
        offsets.set(`${topic}/${partition}`, BigInt(offset));
      }
    }
  };
  try {
    await Promise.all([...byLeader].map(([leader, wanted]) => ask(leader, wanted)));
  } catch (error) {
    topics.forEach((topic) => directory.forget(topic));
    throw error;
  }
  return offsets;
}
