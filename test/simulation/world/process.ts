/** What can be killed and stopped: its events are dropped, or wait until it wakes up. */
export class Process {
  private killed = false;
  private sleepsUntil = 0;

  constructor(
    readonly name: string,
    /** May it die or be stopped at any of its steps? Else only when somebody strikes it. */
    readonly isFragile = false,
  ) {}

  get isAlive(): boolean {
    return !this.killed;
  }

  /** kill -9: nothing that it waits for ever comes back to it. */
  kill(): void {
    this.killed = true;
  }

  /** SIGSTOP until then: afterwards it goes on where it was, with all that it believed. */
  stopUntil(time: number): void {
    this.sleepsUntil = Math.max(this.sleepsUntil, time);
  }

  get wakesAt(): number {
    return this.sleepsUntil;
  }
}
