import { Directory } from '../cluster/directory.js';
import { Links } from '../cluster/links.js';
import type { ProduceMessage } from '../cluster/produce-message.js';
import { produce } from '../cluster/requests.js';
import type { ProduceAnswer, ProduceTopic } from '../cluster/requests.js';
import { requestTimeoutMsOf } from '../kafkajs/client.js';
import type { BusConfig } from '../port.js';
import { keyOf, MAX_REQUEST_BYTES } from './plan.js';
import type { Chunk } from './plan.js';

interface Part {
  readonly chunks: readonly Chunk[];
  readonly answered: (answer: ProduceAnswer) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The connections that all publishers of a bus share. What they send to one broker in the same turn of the event loop
 * leaves as one request: at low load a request costs more than what is in it, on both sides, and a coordinator sends
 * commands and facts at the same moment.
 */
export class Wire {
  readonly directory: Directory;
  private readonly links: Links;
  private readonly timeoutMs: number;
  private readonly waiting = new Map<number, Part[]>();
  private users = 0;
  private closed = false;

  constructor(config: BusConfig) {
    this.links = new Links(config);
    this.directory = new Directory(this.links);
    this.timeoutMs = requestTimeoutMsOf(config);
  }

  /** False: it was closed, and a new one is needed. */
  get isOpen(): boolean {
    return !this.closed;
  }

  enter(): this {
    this.users += 1;
    return this;
  }

  /** The last one cuts the connections. */
  leave(): void {
    this.users -= 1;
    if (this.users > 0) return;
    this.closed = true;
    this.links.close();
  }

  /** Chunks of different partitions; rejects when there was no answer. */
  produce(leader: number, chunks: readonly Chunk[]): Promise<ProduceAnswer> {
    return new Promise((answered, failed) => {
      const parts = this.waiting.get(leader) ?? [];
      parts.push({ chunks, answered, failed });
      if (parts.length > 1) return;
      this.waiting.set(leader, parts);
      setImmediate(() => {
        this.waiting.delete(leader);
        for (const group of requestsOf(parts)) void this.send(leader, group);
      });
    });
  }

  private async send(leader: number, parts: readonly Part[]): Promise<void> {
    try {
      const topics = topicsOf(parts.flatMap(({ chunks }) => chunks));
      const answer = await this.links.request(leader, (broker) => produce(broker, topics, this.timeoutMs));
      for (const { answered } of parts) answered(answer);
    } catch (error) {
      for (const { failed } of parts) failed(error);
    }
  }
}

/** In their order; a request names a partition once, and is not too large. */
function requestsOf(parts: readonly Part[]): Part[][] {
  const groups: Part[][] = [];
  let named = new Set<string>();
  let bytes = 0;
  for (const part of parts) {
    const keys = part.chunks.map(({ topic, partition }) => keyOf(topic, partition));
    const size = part.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    const last = groups.at(-1);
    if (last && bytes + size <= MAX_REQUEST_BYTES && !keys.some((key) => named.has(key))) {
      last.push(part);
    } else {
      groups.push([part]);
      named = new Set();
      bytes = 0;
    }
    for (const key of keys) named.add(key);
    bytes += size;
  }
  return groups;
}

function topicsOf(chunks: readonly Chunk[]): ProduceTopic[] {
  const byTopic = new Map<string, { partition: number; messages: ProduceMessage[] }[]>();
  for (const { topic, partition, items } of chunks) {
    const partitions = byTopic.get(topic) ?? [];
    partitions.push({ partition, messages: items.map(({ record }) => record) });
    byTopic.set(topic, partitions);
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}
