import { RequestRefused } from './commands.js';

/**
 * How much waits for Kafka. While it is more than the limit, nobody may begin new work: what asks over HTTP is told to
 * come again, what asks on the bus waits there, and due times stay due, so that the outbox does not grow without end.
 * What is begun goes on.
 */
export class Backlog {
  private unpublished = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  /** As the database counts; what follows a count is not in it, so the limit may be passed by about a second's work. */
  learn(unpublished: number): void {
    this.unpublished = unpublished;
    if (!this.isFull) this.release();
  }

  /** How many messages wait when they are too many; null while they are not. */
  get excess(): number | null {
    return this.isFull ? this.unpublished : null;
  }

  /** @throws RequestRefused `unavailable` while there is no room */
  check(): void {
    if (!this.isFull) return;
    const message = `${this.unpublished} messages wait for Kafka; nothing new is begun until there are fewer than ${this.limit}`;
    throw new RequestRefused('unavailable', message);
  }

  /** Resolves once there is room, or at the end. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((wake) => this.waiting.push(wake));
  }

  /** Lets everybody through: nothing is counted any more. */
  end(): void {
    this.learn(0);
  }

  private get isFull(): boolean {
    return this.unpublished >= this.limit;
  }

  private release(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}
