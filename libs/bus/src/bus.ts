import { KafkaAdmin } from './admin/admin.js';
import { KafkaConsumer } from './consumer/consumer.js';
import { BusError } from './errors.js';
import { patchKafkajs } from './patches/index.js';
import type { Bus, BusAdmin, BusConfig, BusConsumer, BusPublisher, BusTail } from './port.js';
import { KafkaPublisher } from './publisher/publisher.js';
import { Wire } from './publisher/wire.js';
import { readRange } from './reader/read-range.js';
import { Tail } from './reader/tail.js';

/** The bus on Apache Kafka. Nothing connects before it is used. */
export function createBus(config: BusConfig): Bus {
  if (config.brokers.length === 0) {
    throw new BusError('invalid_config', 'brokers: at least one host:port is needed', { retriable: false });
  }
  patchKafkajs();
  const consumers: BusConsumer[] = [];
  const publishers: BusPublisher[] = [];
  const tails: BusTail[] = [];
  let admin: KafkaAdmin | undefined;
  let wire: Wire | undefined;
  const sharedWire = (): Wire => {
    if (wire?.isOpen !== true) wire = new Wire(config);
    return wire.enter();
  };
  const keep = <T>(list: T[], item: T): T => {
    list.push(item);
    return item;
  };
  return {
    consumer: (options) => keep(consumers, new KafkaConsumer(config, options)),
    publisher: (options) => keep(publishers, new KafkaPublisher(sharedWire(), options)),
    admin: (): BusAdmin => (admin ??= new KafkaAdmin(config)),
    readRange: (topic, partition, from, to, timeoutMs) =>
      readRange(config, { topic, partition, from, to, timeoutMs }),
    tail: (topic, fromOffsets, onRecord, options) =>
      keep(tails, new Tail(config, topic, fromOffsets, onRecord, options)),
    close: async () => {
      // Consumers first: their last batches may still publish.
      await Promise.all([
        ...consumers.map((consumer) => consumer.stop()),
        ...tails.map((tail) => tail.stop()),
      ]);
      await Promise.all(publishers.map((publisher) => publisher.close()));
      admin?.close();
    },
  };
}
