import type { Published } from './published.js';

/** How many are remembered at least, for marks of their publication that come later. */
const MANY = 25_000;

/** Attempts that have ended get no deadline any more: for marks of their publication their runs need not be looked at. */
export class EndedAttempts {
  // Two generations, of which the older one is forgotten as a whole: to find the oldest of one set takes longer the more
  // have been removed from its begin.
  private younger = new Set<string>();
  private older = new Set<string>();

  add(ended: readonly string[]): void {
    if (this.younger.size >= MANY) {
      this.older = this.younger;
      this.younger = new Set();
    }
    for (const invocation of ended) this.younger.add(invocation);
  }

  /** The commit that was to end them has failed. */
  takeBack(ended: readonly string[]): void {
    for (const invocation of ended) {
      this.younger.delete(invocation);
      this.older.delete(invocation);
    }
  }

  /** The marks without their invokes. */
  leftOutOf(marks: readonly Published[]): readonly Published[] {
    return marks.map((mark) => ({
      ...mark,
      invokes: mark.invokes.filter(({ invocation }) => !this.has(invocation)),
    }));
  }

  private has(invocation: string): boolean {
    return this.younger.has(invocation) || this.older.has(invocation);
  }
}
