import type { Faults } from '../world/faults.js';
import type { Process } from '../world/process.js';
import type { LoggedRecord } from './broker.js';

/** What coordinators were given to handle, to count what Kafka does not promise: one owner, one order. */
export class Deliveries {
  private readonly handling = new Map<string, Set<Process>>();
  private readonly newest = new Map<string, { partition: number; appendedAt: number }>();
  private readonly ends = new Map<string, bigint>();

  constructor(private readonly faults: Faults) {}

  /** Returns what is called when it is handled. */
  begin(process: Process, topic: string, partition: number, records: readonly LoggedRecord[]): () => void {
    const id = `${topic}/${partition}`;
    const owners = this.handling.get(id) ?? new Set<Process>();
    this.handling.set(id, owners);
    if ([...owners].some((other) => other !== process && other.isAlive)) this.faults.count('two owners');
    owners.add(process);
    for (const { appendedAt, offset } of records) {
      const newest = this.newest.get(topic);
      const isOlder = newest && newest.partition !== partition && appendedAt < newest.appendedAt;
      if (isOlder) this.faults.count('reordered across partitions');
      if (!newest || appendedAt > newest.appendedAt) this.newest.set(topic, { partition, appendedAt });
      const end = this.ends.get(id) ?? 0n;
      if (offset < end) this.faults.count('redelivered');
      else this.ends.set(id, offset + 1n);
    }
    return () => owners.delete(process);
  }
}
