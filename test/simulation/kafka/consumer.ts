import type { TopicPartition } from '@cordyna/bus';
import type { InboundDecoder } from '../../../apps/cerebro/src/messaging/inbound-decoder.js';
import type { InboundHandler } from '../../../apps/cerebro/src/messaging/inbound-handler.js';
import type { LoggedRecord } from './broker.js';
import type { Deliveries } from './deliveries.js';
import type { Line } from './fake-bus.js';

const MAX_BATCH = 25;

type Partition = `${string}/${number}`;

/** What Kafka's consumer is to a coordinator: batches per partition, one at a time, from the stored position on. */
export class Consumer {
  private generation = 0;
  private partitions: readonly TopicPartition[] = [];

  constructor(
    private readonly line: Line & { readonly deliveries: Deliveries },
    private readonly handler: InboundHandler,
    private readonly decoder: InboundDecoder,
  ) {}

  stop(): void {
    this.generation += 1;
  }

  /** What was taken away meanwhile is handled to its end all the same: that is what makes zombies. */
  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const generation = ++this.generation;
    this.partitions = partitions;
    const { world, process } = this.line;
    while (generation === this.generation) {
      try {
        const positions = await this.handler.positionsOf(partitions);
        if (generation !== this.generation) return;
        for (const { topic, partition } of partitions) {
          const from = positions.get(`${topic}/${partition}` as Partition) ?? 0n;
          void this.consume(generation, topic, partition, from);
        }
        return;
      } catch {
        await world.sleep(500, process);
      }
    }
  }

  private async consume(generation: number, topic: string, partition: number, from: bigint): Promise<void> {
    const { world, broker, faults, process } = this.line;
    let position = this.strayed(topic, partition, from);
    while (generation === this.generation) {
      await this.recordAt(topic, partition, position);
      if (generation !== this.generation) return;
      const end = position + BigInt(faults.between(1, MAX_BATCH));
      const log = broker.log(topic, partition).slice(Number(position), Number(end));
      const records = log.filter(({ isControl }) => !isControl);
      const nextOffset = position + BigInt(log.length);
      let next = nextOffset;
      let isHandled = false;
      const seek = (offset: bigint): void => {
        next = offset;
        // What was only passed over turns out later to have begun behind a gap: reading begins anew.
        if (isHandled && generation === this.generation) void this.assigned(this.partitions);
      };
      try {
        await this.handle(records, { topic, partition, fetchedOffset: position, nextOffset }, seek);
        isHandled = true;
        position = faults.happens('rewind') ? this.strayed(topic, partition, next) : next;
      } catch {
        // As the supervisor does: the consumer is built again, and goes on at the stored position.
        await world.sleep(1_000, process);
        if (generation === this.generation) void this.assigned(this.partitions);
        return;
      }
    }
  }

  private async handle(
    records: readonly LoggedRecord[],
    range: { topic: string; partition: number; fetchedOffset: bigint; nextOffset: bigint },
    seek: (offset: bigint) => void,
  ): Promise<void> {
    const decoded = records.map((record) => ({
      record,
      decoded: { ok: true as const, inbound: this.decoder.decode(record) },
    }));
    const batch = {
      ...range,
      topicKind: '',
      records: decoded,
      heartbeat: async () => undefined,
      isStale: () => false,
    };
    const { deliveries, process } = this.line;
    const handled = deliveries.begin(process, range.topic, range.partition, records);
    try {
      await this.handler.handle(batch, seek);
    } finally {
      handled();
    }
  }

  private recordAt(topic: string, partition: number, position: bigint): Promise<void> {
    const { world, broker, faults, process } = this.line;
    return new Promise((resolve) => {
      const fetch = (): void => {
        if (faults.busDown) world.after(500, process, fetch);
        else resolve();
      };
      broker.onRecord(topic, partition, position, () => world.after(faults.latencyMs(), process, fetch));
    });
  }

  /** A consumer may be set back to an older offset, or believe in a newer one. */
  private strayed(topic: string, partition: number, position: bigint): bigint {
    const { broker, faults } = this.line;
    if (!faults.happens('rewind')) return position;
    const strayed = position + BigInt(faults.between(-12, 3));
    faults.count(strayed < position ? 'set back' : 'set ahead');
    if (strayed < 0n) return 0n;
    // Beyond the end it would only wait; a gap shows with the first record.
    return strayed < broker.end(topic, partition) ? strayed : position;
  }
}
