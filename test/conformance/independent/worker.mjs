import { perform } from './behaviour.mjs';

const EXPIRY_GRACE_MS = 2_000;
const REMEMBER_CANCEL_MS = 600_000;

/**
 * What this instance has been given: at most `capacity` run at once, the others wait in order. An invocation is
 * `offered` until Kafka has acknowledged `started` or `queued` for it, and only then begun.
 */
export class Worker {
  /** invocation → { invoke, state: 'offered' | 'queued' | 'started' | 'ended', as, queuedAt, abort } */
  #known = new Map();
  #queue = [];
  /** Entries that take up one of `capacity`. */
  #busy = new Set();
  /** Cancels of invocations that have not come yet, with the time of their coming. */
  #cancelled = new Map();
  #draining = false;
  #idle = () => {};

  constructor(config, { updates, log }) {
    this.config = config;
    this.updates = updates;
    this.log = log;
    this.tasks = new Set(config.declaration.tasks.map(({ name }) => `${config.server}.${name}`));
  }

  /**
   * Rules 3, 5, 6 and 8 for one invoke.
   * @returns the update that acknowledges it, or undefined when there is nothing to say
   */
  offer(invoke) {
    const before = this.#known.get(invoke.invocation);
    if (before && before.state !== 'offered') return undefined;
    const entry = before ?? { invoke, state: 'offered', abort: new AbortController() };
    this.#known.set(invoke.invocation, entry);
    if (this.#wasCancelled(invoke.invocation)) return this.#end(entry, 'cancelled before it came');
    if (!this.tasks.has(invoke.task)) return this.#refuse(entry, this.#unknownTask(invoke.task));
    if (Date.now() > Date.parse(invoke.expiresAt) + EXPIRY_GRACE_MS) {
      // An acknowledgement may have reached Kafka although nobody told us: then hand it back rather than be silent.
      return before ? this.#refuse(entry, this.#returned()) : this.#end(entry, 'expired');
    }
    // A refusal that Kafka has not acknowledged yet stays one.
    if (entry.as === 'refused') return this.#refuse(entry, this.#returned());
    entry.as ??= this.#busy.size < this.config.capacity ? 'started' : 'queued';
    if (entry.as === 'started') this.#busy.add(entry);
    const more = entry.as === 'queued' ? { position: this.#queue.length } : {};
    return this.updates.update(invoke, `cordyna.task.${entry.as}.v1`, more);
  }

  /** Kafka has acknowledged what `offer` gave for this invocation. */
  acknowledged(invocation) {
    const entry = this.#known.get(invocation);
    if (entry?.state !== 'offered') return;
    if (entry.abort.signal.aborted) this.#end(entry, 'cancelled before it began');
    else if (entry.as === 'refused') this.#end(entry, 'refused');
    else if (entry.as === 'started') void this.#run(entry);
    else {
      entry.state = 'queued';
      entry.queuedAt = Date.now();
      this.#queue.push(entry);
    }
    this.#next();
  }

  cancel({ invocation, reason }) {
    this.log('cancel', { invocation, reason });
    const entry = this.#known.get(invocation);
    if (!entry) this.#cancelled.set(invocation, Date.now());
    else if (entry.state === 'queued') this.#end(entry, 'cancelled in the queue');
    else entry.abort.abort();
  }

  /** Rule 10, after the group was left: hand back what has not begun, finish the rest. */
  async drain() {
    this.#draining = true;
    // What was only offered comes again to the partition's next owner: its offset is not committed.
    for (const entry of this.#busy) if (entry.state === 'offered') this.#end(entry, 'not acknowledged');
    const waiting = [...this.#queue];
    for (const entry of waiting) this.#end(entry, 'returned');
    await Promise.all(waiting.map((entry) => this.updates.send(this.#error(entry.invoke, this.#returned()))));
    if (this.#busy.size > 0) await new Promise((resolve) => (this.#idle = resolve));
  }

  async #run(entry) {
    entry.state = 'started';
    const { invoke } = entry;
    const { signal } = entry.abort;
    const say = (type, data) => this.updates.send(this.updates.update(invoke, type, data));
    try {
      signal.throwIfAborted();
      const output = await perform(this.config, invoke, { say, signal });
      await say('cordyna.task.completed.v1', { output });
      this.#end(entry, 'completed');
    } catch (failure) {
      if (signal.aborted) this.#end(entry, 'cancelled while it ran');
      else {
        await say('cordyna.task.error.v1', { error: describe(failure) });
        this.#end(entry, 'failed');
      }
    }
    this.#next();
  }

  /** Takes what waits longest, unless it has waited longer than `startMs`: then Cerebro has given it up. */
  #next() {
    while (!this.#draining && this.#queue.length > 0 && this.#busy.size < this.config.capacity) {
      const entry = this.#queue.shift();
      if (Date.now() - entry.queuedAt > entry.invoke.timeouts.startMs) this.#end(entry, 'queued too long');
      else {
        entry.state = 'started';
        this.#busy.add(entry);
        const started = this.updates.update(entry.invoke, 'cordyna.task.started.v1');
        void this.updates.send(started).then(() => this.#run(entry));
      }
    }
    if (this.#busy.size === 0) this.#idle();
  }

  #refuse(entry, error) {
    entry.as = 'refused';
    this.#busy.delete(entry);
    return this.#error(entry.invoke, error);
  }

  #error(invoke, error) {
    return this.updates.update(invoke, 'cordyna.task.error.v1', { error });
  }

  #end(entry, how) {
    if (entry.state === 'queued') this.#queue = this.#queue.filter((other) => other !== entry);
    entry.state = 'ended';
    this.#busy.delete(entry);
    this.log('ended', { invocation: entry.invoke.invocation, task: entry.invoke.task, how });
    return undefined;
  }

  #wasCancelled(invocation) {
    for (const [other, at] of this.#cancelled)
      if (Date.now() - at > REMEMBER_CANCEL_MS) this.#cancelled.delete(other);
    return this.#cancelled.has(invocation);
  }

  #unknownTask(task) {
    return { code: 'unknown_task', message: `${this.config.server} has no ${task}`, retryable: false };
  }

  #returned() {
    return { code: 'returned', message: `${this.config.instance} has not begun it`, retryable: true };
  }
}

function describe(failure) {
  if (failure.error) return { description: 'told to fail by INDEPENDENT_BEHAVIOUR', ...failure.error };
  return {
    code: 'unexpected',
    message: String(failure.message ?? failure),
    stack: String(failure.stack ?? ''),
  };
}
