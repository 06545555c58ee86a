import { setTimeout as delay } from 'node:timers/promises';
import type { BusError, BusPublisher, OutMessage } from '@cordyna/bus';
import { TaskServerError } from '../errors.js';
import type { TaskServerLog } from '../log.js';

interface Entry {
  readonly message: OutMessage;
  readonly bytes: number;
  readonly droppable: boolean;
  readonly sent: () => void;
  readonly refused: (error: TaskServerError) => void;
}

export interface SenderLimits {
  /** A backlog above this tells the executor to begin nothing more. */
  readonly backlogBytes: number;
  /** Best-effort messages that wait at most; more are dropped. */
  readonly droppableEntries: number;
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Whether a message is kept until somebody grants the right to write it; else it is refused. */
  readonly waitsForRights: boolean;
}

export const UPDATE_LIMITS: SenderLimits = {
  backlogBytes: 32 * 1024 * 1024,
  droppableEntries: 2_000,
  retryMs: 100,
  maxRetryMs: 2_000,
  waitsForRights: true,
};
/** For what is not an update: whoever sent it hears that it is not allowed. */
export const OTHER_LIMITS: SenderLimits = { ...UPDATE_LIMITS, waitsForRights: false };

/** Of one call to the publisher, so that an outage does not hold all that waits. */
const BATCH_BYTES = 8 * 1024 * 1024;

/**
 * A producer of an instance; one of them sends all updates. What could not be sent is sent again, before anything younger, until Kafka
 * acknowledges it: an update is never lost while the process lives. One call at a time: what is queued meanwhile
 * travels in the next one.
 */
export class ReliableSender {
  private queue: Entry[] = [];
  private queuedBytes = 0;
  private droppable = 0;
  private dropped = 0;
  private flight: Promise<void> | undefined;
  private closed = false;
  private readonly abandon = new AbortController();

  constructor(
    private readonly publisher: BusPublisher,
    private readonly log: TaskServerLog,
    private readonly limits: SenderLimits,
  ) {}

  /** Best-effort messages that were not sent since the last call. */
  takeDropped(): number {
    const { dropped } = this;
    this.dropped = 0;
    return dropped;
  }

  /** True while so much waits for the broker that no more work should be begun. */
  get isCongested(): boolean {
    return this.queuedBytes > this.limits.backlogBytes;
  }

  /**
   * Resolves when Kafka acknowledged the message.
   * Rejects with TaskServerError `send_refused` when it can never be taken, `invalid_state` when the sender is closed.
   */
  send(message: OutMessage): Promise<void> {
    return new Promise((sent, refused) => this.put(message, sent, refused));
  }

  /** `send` for whom nothing follows from success. @param refused what `send` rejects with */
  post(message: OutMessage, refused: (error: TaskServerError) => void): void {
    this.put(message, ignore, refused);
  }

  private put(message: OutMessage, sent: Entry['sent'], refused: Entry['refused']): void {
    if (this.closed) refused(closedError());
    else this.push({ message, bytes: bytesOf(message), droppable: false, sent, refused });
  }

  /** Best effort, in order with the others: dropped when too many wait. */
  sendDroppable(message: OutMessage): void {
    if (this.closed || this.droppable >= this.limits.droppableEntries) {
      this.dropped += 1;
      return;
    }
    this.droppable += 1;
    this.push({ message, bytes: bytesOf(message), droppable: true, sent: ignore, refused: ignore });
  }

  /** Resolves with true when nothing waits any more, with false after `limitMs`. */
  async flush(limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (this.flight !== undefined && performance.now() < end) {
      const limit = new AbortController();
      const timer = delay(Math.max(1, end - performance.now()), undefined, { signal: limit.signal }).catch(
        ignore,
      );
      await Promise.race([this.flight, timer]);
      limit.abort();
    }
    return this.flight === undefined;
  }

  /** Gives up what still waits. */
  close(): void {
    this.closed = true;
    this.abandon.abort();
    const waiting = this.queue;
    this.queue = [];
    for (const entry of waiting) entry.refused(closedError());
  }

  private push(entry: Entry): void {
    this.queue.push(entry);
    this.queuedBytes += entry.bytes;
    this.flight ??= this.run();
  }

  private async run(): Promise<void> {
    let retryMs = this.limits.retryMs;
    // What is queued in this turn of the event loop, such as the end of a handler that did not wait, goes along.
    await new Promise(setImmediate);
    while (this.queue.length > 0 && !this.closed) {
      const failure = await this.sendNext();
      if (failure === undefined) {
        retryMs = this.limits.retryMs;
        continue;
      }
      this.log('warn', 'updates wait for the bus', { code: failure.code, waiting: this.queue.length });
      await delay(retryMs, undefined, { signal: this.abandon.signal }).catch(ignore);
      retryMs = Math.min(retryMs * 2, this.limits.maxRetryMs);
    }
    // Not in a later turn: what is pushed from here on must start the next flight.
    this.flight = undefined;
  }

  /** @returns why something must be sent again, if so */
  private async sendNext(): Promise<BusError | undefined> {
    const batch = this.takeBatch();
    const results = await this.publisher.send(batch.map(({ message }) => message));
    const again: Entry[] = [];
    let failure: BusError | undefined;
    batch.forEach((entry, index) => {
      const result = results[index]!;
      if (!result.ok && !this.isFinal(result.error, result.outcome)) {
        failure = result.error;
        again.push(entry);
        return;
      }
      this.queuedBytes -= entry.bytes;
      if (entry.droppable) this.droppable -= 1;
      if (result.ok) entry.sent();
      else entry.refused(refusal(result.error));
    });
    if (this.closed) for (const entry of again) entry.refused(closedError());
    else if (again.length > 0) this.queue = [...again, ...this.queue];
    return failure;
  }

  private isFinal({ code, retriable }: BusError, outcome: 'refused' | 'unknown'): boolean {
    return outcome === 'refused' && !retriable && (HOPELESS.has(code) || !this.limits.waitsForRights);
  }

  private takeBatch(): Entry[] {
    let bytes = 0;
    const end = this.queue.findIndex((entry) => (bytes += entry.bytes) > BATCH_BYTES);
    return this.queue.splice(0, end === -1 ? this.queue.length : Math.max(1, end));
  }
}

/** Which no change of rights or topics would cure. */
const HOPELESS: ReadonlySet<string> = new Set(['too_large', 'invalid_record', 'invalid_timestamp']);

const ignore = (): void => undefined;
const closedError = (): TaskServerError =>
  new TaskServerError('invalid_state', 'the task server has stopped; nothing is sent any more');
const refusal = (cause: BusError): TaskServerError =>
  new TaskServerError('send_refused', `the broker refuses the message: ${cause.message}`, { cause });

/** Near enough for limits: characters of texts, which are mostly ASCII. */
const bytesOf = ({ value, key }: OutMessage): number => (value?.length ?? 0) + (key?.length ?? 0) + 128;
