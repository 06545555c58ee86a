import type { Published } from './published.js';

/** How many are remembered, for marks of their publication that come later. */
const MAX_ENDED = 50_000;

/** Attempts that have ended get no deadline any more: for marks of their publication their runs need not be looked at. */
export class EndedAttempts {
  private readonly invocations = new Set<string>();

  add(ended: readonly string[]): void {
    for (const invocation of ended) this.invocations.add(invocation);
    for (const oldest of this.invocations) {
      if (this.invocations.size <= MAX_ENDED) break;
      this.invocations.delete(oldest);
    }
  }

  /** The commit that was to end them has failed. */
  takeBack(ended: readonly string[]): void {
    for (const invocation of ended) this.invocations.delete(invocation);
  }

  /** The marks without their invokes. */
  leftOutOf(marks: readonly Published[]): readonly Published[] {
    return marks.map((mark) => ({
      ...mark,
      invokes: mark.invokes.filter(({ invocation }) => !this.invocations.has(invocation)),
    }));
  }
}
