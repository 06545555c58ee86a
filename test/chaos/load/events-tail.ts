import { createBus } from '@cordyna/bus';
import type { BusRecord } from '@cordyna/bus';
import { atEnd } from '@cordyna/testkit';

/** Follows a topic from its beginning, whatever happens to the broker. Resolves with what ends it. */
export async function followEvents(
  brokers: readonly string[],
  topic: string,
  onRecord: (record: BusRecord) => void,
): Promise<() => Promise<void>> {
  const bus = createBus({ brokers, clientId: 'chaos', log: () => undefined });
  const stop = (): Promise<void> => bus.close();
  atEnd(`tail of ${topic}`, stop);
  bus.tail(topic, await bus.admin().beginningOffsets(topic), onRecord);
  return stop;
}
