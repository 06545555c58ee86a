import type { Outcome } from './inbound.js';
import type { Item } from './needs.js';
import type { Published } from './published.js';

/**
 * Inputs of one transaction, unless one item has more. Beyond some hundreds a transaction costs no less per input, and
 * what is first in it waits for what is last, as do the servers that could be at work.
 */
const MAX_INPUTS = 400;
/** A run that is begun has a row for each of its tasks: so many inputs is it worth. */
const RUN_WORTH = 4;
/**
 * Marks of published messages wait this long, and at most twice as long. Meanwhile most attempts are acknowledged, so that
 * their marks have nothing left to do: no deadline to set, no row to write, and of those that ended no message to remove.
 */
const MARK_WAIT_MS = 125;

export interface Waiting {
  readonly item: Item;
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One partition's batch is of one topic. */
const worthOf = ({ inbounds }: Item): number =>
  inbounds[0]?.kind === 'run-requested' ? inbounds.length * RUN_WORTH : inbounds.length;

/** What waits for the door's next transaction. */
export class DoorQueue {
  private waiting: Waiting[] = [];
  /** Marks since the timer went last, those before them, and those that have waited long enough. */
  private published: Published[] = [];
  private waited: Published[] = [];
  private due: Published[] = [];
  private inputs = 0;
  private isUrgent = false;
  private wake: (() => void) | null = null;
  private enough: {
    readonly count: number;
    readonly reached: Promise<void>;
    readonly tell: () => void;
  } | null = null;
  private markTimer: NodeJS.Timeout | null = null;
  private closed = false;

  /** @param isUrgent it is worth a transaction while another one is under way */
  add(item: Item, isUrgent = false): Promise<readonly Outcome[]> {
    if (this.closed) return Promise.reject(new Error('the coordinator is stopping'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.inputs += item.inbounds.length;
      this.isUrgent ||= isUrgent;
      if (this.enough && (this.isUrgent || this.inputs >= this.enough.count)) this.enough.tell();
      this.wake?.();
    });
  }

  /** Resolves when so many wait, or one that is urgent, or at the end. */
  many(count: number): Promise<void> {
    if (this.inputs >= count || this.isUrgent || this.closed) return Promise.resolve();
    if (!this.enough) {
      let tell = (): void => undefined;
      const reached = new Promise<void>((resolve) => {
        tell = resolve;
      });
      this.enough = { count, reached, tell };
    }
    return this.enough.reached;
  }

  addPublished(marks: readonly Published[]): void {
    this.published.push(...marks);
    this.markTimer ??= setTimeout(this.age, MARK_WAIT_MS);
  }

  private readonly age = (): void => {
    this.due.push(...this.waited);
    this.waited = this.published;
    this.published = [];
    this.markTimer = this.waited.length > 0 ? setTimeout(this.age, MARK_WAIT_MS) : null;
    if (this.due.length > 0) this.wake?.();
  };

  get size(): number {
    return this.inputs;
  }

  /** All that waits, up to the limit; undefined once closed and empty. */
  async take(): Promise<{ waiting: readonly Waiting[]; published: readonly Published[] } | undefined> {
    while (this.waiting.length === 0 && this.due.length === 0) {
      if (this.closed) return undefined;
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
      this.wake = null;
    }
    let worth = 0;
    let end = 0;
    for (const { item } of this.waiting) {
      if (end > 0 && worth >= MAX_INPUTS) break;
      worth += worthOf(item);
      this.inputs -= item.inbounds.length;
      end += 1;
    }
    this.enough = null;
    this.isUrgent = false;
    return { waiting: this.waiting.splice(0, end), published: this.due.splice(0) };
  }

  /** All marks, however long they have waited. */
  takePublished(): readonly Published[] {
    const published = [...this.due.splice(0), ...this.waited.splice(0), ...this.published.splice(0)];
    if (this.markTimer) clearTimeout(this.markTimer);
    this.markTimer = null;
    return published;
  }

  close(): void {
    this.closed = true;
    this.enough?.tell();
    this.wake?.();
  }
}
