import type { OutboxRow } from './ports/index.js';
import type { Publisher } from './publisher.js';

/** The first to be committed waits for the others no longer. */
const MOST_MS = 20;

/**
 * Publishes what several commits that were sent at the same moment leave, in one piece: what leaves first would else hold
 * up the rest until Kafka has answered.
 */
export class JointPublisher {
  private commits = 0;
  private rows: OutboxRow[] = [];
  private timer: NodeJS.Timeout | null = null;
  private left: (() => void)[] = [];

  constructor(private readonly publisher: Pick<Publisher, 'publish'>) {}

  /** @returns what is to be called with what it leaves, or nothing; resolves when that is handed to the publisher */
  begin(): (rows: readonly OutboxRow[]) => Promise<void> {
    this.commits += 1;
    return (rows) =>
      new Promise((resolve) => {
        this.commits -= 1;
        this.rows.push(...rows);
        this.left.push(resolve);
        if (this.commits === 0) this.publish();
        else this.timer ??= setTimeout(() => this.publish(), MOST_MS);
      });
  }

  private publish(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.publisher.publish(this.rows.splice(0));
    for (const resolve of this.left.splice(0)) resolve();
  }
}
