import {
  CAPACITY_WITHOUT_HEARTBEATS,
  Capacity,
  type BatchLoad,
  type Count,
  type CountedBatch,
  type TransactionId,
} from '../../../apps/cerebro/src/coordination/index.js';
import type { Database } from '../store/database.js';

/**
 * Whatever it counts is compared with the database, commit by commit: those that the last look has seen, those whose answer
 * has come, and what is under way. While it cannot know whether a look has seen a commit, it may believe in fewer places.
 */
export class AuditedCapacity extends Capacity {
  private readonly underWay = new Map<CountedBatch, BatchLoad['load']>();
  private readonly answered = new Set<TransactionId>();
  /** Of the commits that the last look has seen: how many, and what servers have by them. */
  private seen = 0;
  private readonly stored = new Map<string, number>();
  private room: Map<string, number> | null = null;

  constructor(
    private readonly db: Database,
    private readonly onMiscount: (found: string) => void,
  ) {
    super();
  }

  override add(work: BatchLoad): CountedBatch {
    const batch = super.add(work);
    this.underWay.set(batch, work.load);
    this.audit('a batch was added');
    return batch;
  }

  override landed(batch: CountedBatch, transaction: TransactionId | null): void {
    super.landed(batch, transaction);
    this.underWay.delete(batch);
    if (transaction !== null && transaction > this.seen) this.answered.add(transaction);
    this.audit('a commit was answered');
  }

  override takeBack(batch: CountedBatch): void {
    super.takeBack(batch);
    this.underWay.delete(batch);
    this.audit('a batch was taken back');
  }

  override failCount(): void {
    super.failCount();
    this.audit('a look failed');
  }

  override endCount(count: Count, waiting: Parameters<Capacity['endCount']>[1]): void {
    super.endCount(count, waiting);
    for (; this.seen < this.db.commits && count.snapshot.contains(BigInt(this.seen + 1)); this.seen++)
      sum(this.stored, this.db.loads[this.seen] ?? []);
    for (const id of this.answered) if (id <= this.seen) this.answered.delete(id);
    this.room = new Map();
    for (const { server, capacity, queueLimit } of count.online)
      sum(this.room, [[server, capacity + (queueLimit ?? 10 * capacity)]]);
    this.audit('a look was taken');
  }

  private audit(when: string): void {
    if (!this.room) return;
    const unfinished = new Map(this.stored);
    for (const id of this.answered) sum(unfinished, this.db.loads[Number(id) - 1] ?? []);
    for (const load of this.underWay.values()) sum(unfinished, load);
    const isUncertain = [...this.underWay.keys()].some(({ state }) => state === 'uncertain');
    for (const server of new Set([...this.room.keys(), ...unfinished.keys()])) {
      const limit = this.room.get(server) ?? CAPACITY_WITHOUT_HEARTBEATS;
      const free = Math.max(0, limit - (unfinished.get(server) ?? 0));
      const believed = this.free(server);
      if (believed > free || (believed < free && !isUncertain))
        this.onMiscount(
          `when ${when}, ${server} had ${free} places free and was believed to have ${believed}`,
        );
    }
  }
}

function sum(into: Map<string, number>, load: Iterable<readonly [string, number]>): void {
  for (const [server, change] of load) into.set(server, (into.get(server) ?? 0) + change);
}
