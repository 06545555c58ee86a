import { crc32 } from 'node:zlib';
import type { BusRecord, BusTopicSpec, OutMessage } from '@cordyna/bus';
import type { World } from '../world/world.js';

export interface LoggedRecord extends BusRecord {
  /** True time of the append. */
  readonly appendedAt: number;
  /** A transaction's marker: an offset that no consumer ever sees as a record. */
  readonly isControl: boolean;
}

interface Topic {
  readonly config: Readonly<Record<string, string>>;
  readonly partitions: LoggedRecord[][];
}

/** The logs of one Kafka broker: offsets, timestamps and the fence on them, nothing of networks. */
export class Broker {
  private readonly topics = new Map<string, Topic>();
  private readonly waiting = new Map<string, (() => void)[]>();
  /** Records that the fence kept out. */
  fenced = 0;

  constructor(
    private readonly world: World,
    /** How far its clock is ahead of the database's. */
    private readonly skewMs: number,
    private readonly isFencing = true,
  ) {}

  ensure({ name, partitions, config }: BusTopicSpec): void {
    if (this.topics.has(name)) return;
    this.topics.set(name, { config, partitions: Array.from({ length: partitions }, () => []) });
  }

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  partitionsOf(topic: string): number {
    return this.topic(topic).partitions.length;
  }

  log(topic: string, partition: number): readonly LoggedRecord[] {
    return this.partition(topic, partition);
  }

  /** All records of a topic that are not markers. */
  records(topic: string): LoggedRecord[] {
    if (!this.topics.has(topic)) return [];
    return this.topic(topic).partitions.flatMap((log) => log.filter(({ isControl }) => !isControl));
  }

  end(topic: string, partition: number): bigint {
    return BigInt(this.partition(topic, partition).length);
  }

  partitionFor({ topic, partition, key }: OutMessage): number {
    return partition ?? crc32(key ?? '') % this.partitionsOf(topic);
  }

  /** The offset, or null when the topic's limits on timestamps keep the record out. */
  append(message: OutMessage): bigint | null {
    const { config } = this.topic(message.topic);
    const brokerNow = this.world.now + this.skewMs;
    const stamp = message.timestampMs ?? brokerNow;
    const before = Number(config['message.timestamp.before.max.ms'] ?? Infinity);
    const after = Number(config['message.timestamp.after.max.ms'] ?? Infinity);
    const isOutside = brokerNow - stamp > before || stamp - brokerNow > after;
    if (this.isFencing && isOutside) {
      this.fenced += 1;
      return null;
    }
    const byBroker = config['message.timestamp.type'] === 'LogAppendTime';
    return this.write(message, byBroker ? brokerNow : stamp, false);
  }

  appendControl(topic: string, partition: number): void {
    this.write({ topic, partition, key: null, value: null }, this.world.now, true);
  }

  private write(message: OutMessage, timestampMs: number, isControl: boolean): bigint {
    const { topic, key, value } = message;
    const partition = this.partitionFor(message);
    const log = this.partition(topic, partition);
    const offset = BigInt(log.length);
    const bytes = (of: string | Buffer | null) => (typeof of === 'string' ? Buffer.from(of) : of);
    const headers = Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, of]) => [name, Buffer.from(of)]),
    );
    const appendedAt = this.world.now;
    const where = { topic, partition, offset, timestampMs, headers, appendedAt, isControl };
    log.push({ ...where, key: bytes(key), value: bytes(value) });
    const id = `${topic}/${partition}`;
    const waiting = this.waiting.get(id) ?? [];
    this.waiting.delete(id);
    for (const wake of waiting) wake();
    return offset;
  }

  /** Calls back once there is a record at this offset. */
  onRecord(topic: string, partition: number, offset: bigint, wake: () => void): void {
    if (this.end(topic, partition) > offset) return wake();
    const id = `${topic}/${partition}`;
    this.waiting.set(id, [...(this.waiting.get(id) ?? []), wake]);
  }

  private partition(topic: string, partition: number): LoggedRecord[] {
    const log = this.topic(topic).partitions[partition];
    if (!log) throw new RangeError(`no partition ${partition} of ${topic}`);
    return log;
  }

  private topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (!topic) throw new RangeError(`no topic ${name}`);
    return topic;
  }
}
