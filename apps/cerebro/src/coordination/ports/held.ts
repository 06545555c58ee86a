import type { Changes, Saved } from './store.js';

/** A transaction whose rows are written, and which nobody sees before it is committed. */
export interface HeldCommit {
  /**
   * Checks all that was read and commits.
   * @throws Conflict | UnknownOutcome | StoreUnavailable | StoreRefused
   */
  commit(): Promise<Saved>;
  /** Nothing of it takes effect; never rejects. */
  release(): Promise<void>;
}

/** Of a new run of which nothing has ended nobody else can know. */
const isNew = ({ expectedVersion, run }: Changes['runs'][number]): boolean =>
  expectedVersion === null && run.open === run.tasks.length;

/**
 * Are these nothing but firings whose runs are new? All that they write before the commit are rows that nobody else can
 * know of, so that nobody waits for a transaction that is held.
 */
export function isHoldable(changes: Changes): boolean {
  const { runs, freshness, registry, events } = changes;
  const others: readonly (readonly unknown[])[] = [
    ...[changes.positions, changes.absentRuns, changes.keys, changes.heartbeats, changes.signsOfLife],
    ...[changes.lost, changes.narrowed, changes.published, changes.deadLetters],
    ...[freshness.writes, [...freshness.read], registry.changes],
  ];
  return (
    others.every(({ length }) => length === 0) && !events && changes.outbox.length > 0 && runs.every(isNew)
  );
}
