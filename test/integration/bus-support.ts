import { createBus } from '@cordyna/bus';
import type { Bus, BusBatch, BusConfig, BusRecord, BusTopicSpec, PublishResult } from '@cordyna/bus';
import { atEnd } from '@cordyna/testkit';

/** A bus that is closed at the end of the file and keeps quiet about outages that the test makes. */
export function testBus(brokers: readonly string[], more: Partial<BusConfig> = {}): Bus {
  const bus = createBus({ brokers, clientId: 'test', log: () => undefined, ...more });
  atEnd('bus', () => bus.close());
  return bus;
}

export async function createTopic(bus: Bus, name: string, more: Partial<BusTopicSpec> = {}): Promise<string> {
  await bus.admin().ensureTopics([{ name, partitions: 1, config: {}, ...more }]);
  return name;
}

/** What a consumer was given, in order of arrival. */
export class Received {
  readonly batches: BusBatch[] = [];

  readonly onBatch = (batch: BusBatch): Promise<void> => {
    this.batches.push(batch);
    return Promise.resolve();
  };

  get records(): BusRecord[] {
    return this.batches.flatMap(({ records }) => records);
  }

  get values(): string[] {
    return this.records.map(textOf);
  }

  of(partition: number): BusBatch[] {
    return this.batches.filter((batch) => batch.partition === partition);
  }
}

export const textOf = ({ value }: BusRecord): string => value?.toString('utf8') ?? '';

export const offsetsOf = (results: readonly PublishResult[]): (bigint | string)[] =>
  results.map((result) => (result.ok ? result.offset : `${result.error.code}/${result.outcome}`));

export async function collect(records: AsyncIterable<BusRecord>): Promise<BusRecord[]> {
  const all: BusRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}
