/**
 * An end that many may wait for besides what they ask for. `Promise.race` would do, but each race stays with a promise
 * that has not come yet, and what it brought stays with it: here, everything that was ever fetched.
 */
export class Ending {
  private hasCome = false;
  private readonly waiting = new Set<() => void>();

  come(): void {
    this.hasCome = true;
    for (const tell of this.waiting) tell();
    this.waiting.clear();
  }

  /** What the promise brings, unless the end comes first. */
  async orResult<T>(promise: Promise<T>): Promise<T | 'ended'> {
    let tell = (): void => undefined;
    const ended = new Promise<'ended'>((resolve) => {
      tell = () => {
        resolve('ended');
      };
    });
    if (this.hasCome) tell();
    else this.waiting.add(tell);
    try {
      return await Promise.race([promise, ended]);
    } finally {
      this.waiting.delete(tell);
    }
  }
}
