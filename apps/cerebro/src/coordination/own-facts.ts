import type { CommitListener } from './announcing-store.js';
import type { Changes, OutboxMessage } from './ports/index.js';

/** More than these are not waited for: what they tell others of is worth reading on for meanwhile. */
const FEW_FACTS = 20;

/** @returns what these messages will take in so many partitions */
export type SizeOf = (messages: readonly OutboxMessage[], partitions: number) => number;

/**
 * Facts of commits that are under way. Whoever reads their topic is sent them, and learns nothing: what is about to come
 * from here is not worth being woken for. Those of a run go where its updates come from.
 */
export class OwnFacts implements CommitListener {
  private readonly underWay = new Set<Changes>();

  constructor(private readonly sizeOf: SizeOf) {}

  begun(changes: Changes): void {
    this.underWay.add(changes);
  }

  over(changes: Changes): void {
    this.underWay.delete(changes);
  }

  /** What they will take in their topic, as far as they come back for certain. */
  bytes(): number {
    let bytes = 0;
    for (const changes of this.underWay) bytes += this.bytesOf(changes);
    return bytes;
  }

  private bytesOf({ positions, outbox }: Changes): number {
    if (positions.length === 0 || outbox.length > 2 * FEW_FACTS) return 0;
    const facts = outbox.filter(({ kind }) => kind === 'fact');
    const isRead = ({ topic }: OutboxMessage): boolean =>
      positions.every((position) => position.topic === topic);
    if (facts.length > FEW_FACTS || !facts.every(isRead)) return 0;
    return this.sizeOf(facts, Math.min(positions.length, facts.length));
  }
}
