/** A number that each transaction gets which writes, greater than those given before. */
export type TransactionId = bigint;

/** Which transactions a question has seen: those that had committed when it was carried out. */
export class Snapshot {
  /**
   * @param end ids from here on had not been given
   * @param open of those before it: whose transactions had not ended
   */
  constructor(
    private readonly end: TransactionId,
    private readonly open: ReadonlySet<TransactionId>,
  ) {}

  /** @param committed of a transaction that has committed by now */
  contains(committed: TransactionId): boolean {
    return committed < this.end && !this.open.has(committed);
  }
}
