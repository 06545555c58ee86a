/** What can be killed and stopped: its events are dropped, or wait until it wakes up. */
export class Process {
  private killed = false;
  private sleepsUntil = 0;

  constructor(
    readonly name: string,
    /** May it die or be stopped at any of its steps? Else only when somebody strikes it. */
    readonly isFragile = false,
    /** Its host gives it little of its time: timers of up to a quarter of a second take so many times as long. */
    readonly slowness = 1,
  ) {}

  /** Called once, when it is killed. */
  onKill: () => void = () => undefined;

  get isAlive(): boolean {
    return !this.killed;
  }

  /** kill -9: nothing that it waits for ever comes back to it. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    this.onKill();
  }

  /** SIGSTOP until then: afterwards it goes on where it was, with all that it believed. */
  stopUntil(time: number): void {
    this.sleepsUntil = Math.max(this.sleepsUntil, time);
  }

  get wakesAt(): number {
    return this.sleepsUntil;
  }
}
