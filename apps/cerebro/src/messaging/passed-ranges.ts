import { positionOf, type PartitionRange } from '../coordination/index.js';

const WAIT_MS = 100;

interface Passed {
  readonly from: bigint;
  to: bigint;
  readonly timer: NodeJS.Timeout;
}

/**
 * Batches in which nothing is to be applied, most of all a coordinator's own facts: each would be a transaction that only
 * moves a position, in the way of what a server says next. They go along with what follows in their partition, or after
 * 100 ms by themselves. Should they be forgotten, they are read again.
 */
export class PassedRanges {
  private readonly passed = new Map<string, Passed>();

  /** @param move moves the position of a partition to the end of a range; or gives where it is, before its begin */
  constructor(private readonly move: (range: PartitionRange) => Promise<bigint | null>) {}

  /** @param seek moves the consumer, when records before the range turn out to be missing */
  add({ topic, partition, fetchedOffset, nextOffset }: PartitionRange, seek: (offset: bigint) => void): void {
    const key = positionOf(topic, partition);
    const before = this.passed.get(key);
    if (before?.to === fetchedOffset) {
      before.to = nextOffset;
      return;
    }
    clearTimeout(before?.timer);
    const passed: Passed = {
      from: fetchedOffset,
      to: nextOffset,
      timer: setTimeout(() => {
        this.passed.delete(key);
        const range = { topic, partition, fetchedOffset: passed.from, nextOffset: passed.to };
        this.move(range).then(
          (position) => (position === null ? undefined : seek(position)),
          // The door is closed: whoever reads on passes over it again.
          () => undefined,
        );
      }, WAIT_MS),
    };
    this.passed.set(key, passed);
  }

  /** Where a batch begins together with what was passed over right before it. */
  beginOf({ topic, partition, fetchedOffset }: Omit<PartitionRange, 'nextOffset'>): bigint {
    const key = positionOf(topic, partition);
    const before = this.passed.get(key);
    if (!before) return fetchedOffset;
    clearTimeout(before.timer);
    this.passed.delete(key);
    return before.to === fetchedOffset ? before.from : fetchedOffset;
  }
}
