import { BusError } from '../errors.js';
import type { BusPublisher, OutMessage, PublisherOptions, PublishResult } from '../port.js';
import { halvesOf, mayHoldGood } from './plan.js';
import type { Chunk, Outgoing } from './plan.js';
import { Queued, Results } from './queued.js';
import { createPartitioner, route } from './route.js';
import { transmit } from './transmit.js';
import type { Wire } from './wire.js';

const RETRY_FOR_MS = 10_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

interface Failed {
  readonly item: Outgoing;
  readonly error: BusError;
}

/**
 * Sends all that is queued, waits for the answers, sends all that was queued meanwhile: one round trip when idle,
 * batches that grow by themselves under load, and the order of each partition kept without an idempotent producer.
 */
export class KafkaPublisher implements BusPublisher {
  private readonly pick = createPartitioner();
  private readonly retryForMs: number;
  private queue: Outgoing[] = [];
  private running: Promise<void> | undefined;
  private closed = false;
  private ended: Promise<void> | undefined;

  /** @param wire shared with other publishers; entered already */
  constructor(
    private readonly wire: Wire,
    options: PublisherOptions = {},
  ) {
    this.retryForMs = options.retries === false ? 0 : (options.retryForMs ?? RETRY_FOR_MS);
  }

  send(messages: readonly OutMessage[]): Promise<PublishResult[]> {
    if (this.closed) {
      const error = new BusError('closed', 'the publisher is closed', {
        retriable: false,
        outcome: 'refused',
      });
      return Promise.resolve(messages.map(() => ({ ok: false, error, outcome: error.outcome })));
    }
    if (messages.length === 0) return Promise.resolve([]);
    return new Promise((answer) => {
      const results = new Results(messages.length, answer);
      messages.forEach((message, at) => this.queue.push(new Queued(message, results, at)));
      this.running ??= this.drain();
    });
  }

  close(): Promise<void> {
    this.closed = true;
    this.ended ??= (this.running ?? Promise.resolve()).finally(() => {
      this.wire.leave();
    });
    return this.ended;
  }

  private async drain(): Promise<void> {
    // What is queued in this turn of the event loop goes together.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const items = this.queue;
      this.queue = [];
      await this.sendAll(items);
    }
    // In the same turn as the check: a message queued from now on starts the next drain.
    this.running = undefined;
  }

  /** With retries: until all is settled or the time is over, keeping the order of each partition. */
  private async sendAll(items: readonly Outgoing[]): Promise<void> {
    const deadline = Date.now() + this.retryForMs;
    let open = items;
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
      const failed = await this.sendOnce(open);
      const mayRetry = Date.now() + delayMs < deadline && !this.closed;
      const again = failed.filter(({ error }) => mayRetry && error.retriable);
      for (const { item, error } of failed) {
        if (!(mayRetry && error.retriable)) item.settle({ ok: false, error, outcome: error.outcome });
      }
      if (again.length === 0) return;
      open = again.map(({ item }) => item);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }

  /** Everything once; what failed, in order. */
  private async sendOnce(items: readonly Outgoing[]): Promise<Failed[]> {
    const { lanes, stuck } = await route(items, this.wire.directory, this.pick);
    const failed: Failed[] = [...stuck];
    let open = lanes;
    while (open.length > 0) {
      const first = open.map(([chunk]) => chunk).filter((chunk) => chunk !== undefined);
      const outcomes = await transmit(first, this.wire);
      open = open.map(([chunk, ...rest]) =>
        chunk === undefined ? [] : this.after(chunk, rest, outcomes, failed),
      );
      open = open.filter((lane) => lane.length > 0);
    }
    return failed;
  }

  /** Settles what is decided about the chunk; gives back what of its partition is still to be sent. */
  private after(
    chunk: Chunk,
    rest: readonly Chunk[],
    outcomes: Awaited<ReturnType<typeof transmit>>,
    failed: Failed[],
  ): Chunk[] {
    const outcome = outcomes.get(chunk);
    if (outcome !== undefined && !(outcome instanceof BusError)) {
      const { partition } = chunk;
      let offset = outcome.baseOffset;
      for (const item of chunk.items) item.settle({ ok: true, partition, offset: offset++ });
      return [...rest];
    }
    const error = outcome ?? new BusError('kafka_error', 'no answer', { retriable: true });
    if (mayHoldGood(chunk, error)) return [...halvesOf(chunk), ...rest];
    failed.push(...chunk.items.map((item) => ({ item, error })));
    if (!error.retriable) return [...rest];
    // Later messages must not overtake: they were not sent.
    const held = new BusError(error.code, error.message, {
      retriable: true,
      outcome: 'refused',
      cause: error,
    });
    failed.push(...rest.flatMap(({ items }) => items.map((item) => ({ item, error: held }))));
    return [];
  }
}
