import { Logger } from '@nestjs/common';
import type { Registry } from '@cordyna/engine';
import type { Caches } from './caches.js';
import type { CountedBatch } from './capacity.js';
import { decideBatch, type Decided } from './batch.js';
import type { Tools } from './decide/index.js';
import { DONE, type Inbound, type Outcome, type PartitionRange } from './inbound.js';
import { NotRemembered, asDeadLetter, asError, isTransient, isTrouble, pauseAfter } from './door-failures.js';
import type { Metrics } from './metrics.js';
import { DoorQueue, type Waiting } from './door-queue.js';
import { EndedAttempts } from './ended-attempts.js';
import { firstNeeds, type Item } from './needs.js';
import {
  StoreFull,
  StoreRefused,
  type Loaded,
  type Needs,
  type Saved,
  type Store,
  type Ticket,
  type Versioned,
} from './ports/index.js';
import { goOn } from './go-on.js';
import { isHopeless, isOffer, offerTo } from './offers.js';
import type { Published } from './published.js';
import type { Publisher } from './publisher.js';
import type { WorkingSet } from './working-set.js';

/** A batch whose commit was sent. */
interface Flight {
  readonly waiting: readonly Waiting[];
  readonly published: readonly Published[];
  readonly decided: Decided;
  readonly ticket: Ticket;
  readonly counted: CountedBatch;
  readonly saved: Promise<Saved>;
  hasFailed: boolean;
  /** Resolves when it is committed or given an answer; never rejects. */
  done: Promise<void>;
}

/**
 * The one door: everything that changes a run goes through it, whoever asks. All that arrives while a transaction runs
 * is the next batch (group commit); a batch is decided by the engine, committed with its messages and positions in one
 * transaction that checks all that was read, and published afterwards.
 *
 * While PostgreSQL carries out one commit, the next batch is decided on what that one will leave, as far as memory goes,
 * and sent behind it, to take effect only if the one before does. When that one fails, both are decided again in order.
 */
export class Door {
  private readonly logger = new Logger('Door');
  private readonly queue = new DoorQueue();
  private running: Promise<void> | null = null;
  private publisher: Publisher | null = null;
  private readonly ended = new EndedAttempts();
  private registryVersion: number | null = null;
  /** At most two, in the order of their commits. */
  private flights: readonly Flight[] = [];
  private failing: { readonly sinceMs: number; isFull: boolean } | null = null;

  constructor(
    private readonly store: Store,
    private readonly caches: Caches,
    private readonly tools: Tools,
    private readonly metrics: Metrics,
    /** So many inputs are worth a transaction while another one is under way; fewer wait for its end. */
    private readonly worthwhile = 40,
  ) {}

  start(publisher: Publisher): void {
    this.publisher = publisher;
    this.running ??= this.loop(publisher);
  }

  /** Takes no more; resolves when what was taken is committed and its messages are answered. */
  async stop(): Promise<void> {
    this.queue.close();
    await this.running;
    await this.publisher?.drained();
    const published = this.ended.leftOutOf(this.queue.takePublished());
    if (published.length > 0) await this.process([], published);
  }

  /** One partition's batch; resolves when it is committed: to null, or to the position to seek back to. */
  async submitRange(range: PartitionRange, inbounds: readonly Inbound[]): Promise<bigint | null> {
    const [first] = await this.queue.add({ inbounds, range });
    return first?.kind === 'gap' ? first.position : null;
  }

  /** A request or a proposal; resolves with its outcome once that is committed. */
  async submit(inbound: Inbound): Promise<Outcome> {
    const [outcome] = await this.queue.add({ inbounds: [inbound], range: null });
    return outcome ?? DONE;
  }

  /** Reads schedules before they are due. */
  async prepare(schedules: readonly string[]): Promise<void> {
    await this.caches.schedules.prepare(schedules, this.store);
  }

  /** Rides with the first batch after 125 to 250 ms. */
  markPublished(marks: readonly Published[]): void {
    if (marks.length > 0) this.queue.addPublished(marks);
  }

  /** Commits fail since so many milliseconds, and are tried again; null while they do not. */
  trouble(): { readonly forMs: number; readonly isFull: boolean } | null {
    const { failing } = this;
    return failing && { forMs: performance.now() - failing.sinceMs, isFull: failing.isFull };
  }

  /** Inputs that wait for a transaction. */
  get waiting(): number {
    return this.queue.size;
  }

  private async loop(publisher: Publisher): Promise<void> {
    for (;;) {
      await publisher.notBehind();
      await this.landed(1);
      const [flight] = this.flights;
      if (flight) await Promise.race([flight.done, this.queue.many(this.worthwhile)]);
      const taken = await this.queue.take();
      if (!taken) return this.landed(0);
      const waiting = this.withOffersFirst(taken.waiting);
      const published = this.ended.leftOutOf(taken.published);
      if (waiting.length + published.length > 0) await this.launch(waiting, published);
    }
  }

  /** Resolves when at most so many commits are under way. */
  private async landed(atMost: number): Promise<void> {
    while (this.flights.length > atMost) await this.flights[0]?.done;
  }

  /** Decides a batch and sends its commit, without waiting for its answer. */
  private async launch(waiting: readonly Waiting[], published: readonly Published[]): Promise<void> {
    const timer = this.metrics.commitDuration.startTimer();
    const [before] = this.flights;
    const decided = before?.hasFailed ? null : await this.decideFirst(waiting, published, before);
    // What changes the registry is waited for: nearly every decision rests on it.
    const isSound = decided !== null && !before?.hasFailed && decided.changes.registry.changes.length === 0;
    if (!isSound) {
      if (!before) return this.process(waiting, published);
      await this.landed(0);
      return this.launch(waiting, published);
    }
    const after = before && this.flights.includes(before) ? before.ticket : null;
    const ticket = {};
    const asked = this.tools.clock.mark();
    this.caches.absorb(decided.work, decided.changes);
    const counted = this.countOn(decided.work);
    const saved = this.store.commit(decided.changes, { ticket, after }).finally(timer);
    const sent = { waiting, published, decided, ticket, counted, saved };
    const flight = { ...sent, hasFailed: false, done: Promise.resolve() };
    this.flights = [...this.flights, flight];
    // Behind another commit, the answer's clock is late by however long that one took.
    flight.done = this.land(flight, before?.done, after ? null : asked)
      .catch((error: unknown) => this.logger.error(asError(error).stack))
      .finally(() => {
        this.flights = this.flights.filter((other) => other !== flight);
      });
  }

  /** What the next batch is decided with, whether this one's commit is under way or done. */
  private countOn(work: WorkingSet): CountedBatch {
    this.ended.add(work.ended);
    goOn(work, this.queue, this.tools.source);
    return this.tools.capacity.add(work);
  }

  /** Null when it takes more than what is remembered, or what is remembered is wrong. */
  private async decideFirst(
    waiting: readonly Waiting[],
    published: readonly Published[],
    before: Flight | undefined,
  ): Promise<Decided | null> {
    const items = waiting.map(({ item }) => item);
    const load = (needs: Needs): Promise<Loaded> => {
      if (!before) return this.caches.load(needs, this.store);
      const known = this.caches.known(needs);
      return known ? Promise.resolve(known) : Promise.reject(new NotRemembered());
    };
    try {
      return await decideBatch(items, published, load, this.tools, false);
    } catch (error) {
      if (!(error instanceof NotRemembered)) this.caches.forget(firstNeeds(items, published));
      return null;
    }
  }

  private async land(flight: Flight, before: Promise<void> | undefined, asked: number | null): Promise<void> {
    const { waiting, published, decided, counted, saved } = flight;
    const items = waiting.map(({ item }) => item);
    const answer = await saved.catch(asError);
    if (answer instanceof Error) {
      flight.hasFailed = true;
      this.tools.capacity.takeBack(counted);
      this.ended.takeBack(decided.work.ended);
    } else this.tools.capacity.landed(counted, answer.transaction);
    await before;
    if (answer instanceof Error) {
      // What was sent behind it has failed too, or is about to; nothing may be decided again before that is certain.
      for (const other of this.flights) {
        await other.saved.catch(() => undefined);
        this.caches.forget(other.decided.needs, other.decided.changes);
      }
      await this.process(waiting, published, answer);
    } else {
      if (asked !== null) this.tools.clock.sample(answer.clock, asked);
      this.failing = null;
      this.settle(items, decided, answer);
      waiting.forEach(({ resolve }, at) => resolve(decided.outcomes[at] ?? []));
    }
  }

  /** Places for those who wait come before what is new: else each batch would find somebody older in its way. */
  private withOffersFirst(taken: readonly Waiting[]): readonly Waiting[] {
    const offers = taken.filter(isOffer);
    if (offers.length === 0) return [...this.offers(), ...taken];
    return [...offers, ...taken.filter((waiting) => !isOffer(waiting))];
  }

  private offers(): Waiting[] {
    const { capacity, bus, source } = this.tools;
    const isReachable = (server: string) => bus.commandPartition(server, '') !== null;
    return capacity.offers(isReachable, true).map(({ run, own }) => ({
      item: { inbounds: [offerTo(run, source, own)], range: null },
      resolve: ([outcome]) => outcome && isHopeless(outcome) && capacity.passOver(run),
      reject: () => capacity.passOver(run),
    }));
  }

  /** @param failure of a first attempt */
  private async process(
    waiting: readonly Waiting[],
    published: readonly Published[],
    failure: Error | null = null,
  ): Promise<void> {
    const items = waiting.map(({ item }) => item);
    try {
      const outcomes = await this.commit(items, published, failure);
      waiting.forEach(({ resolve }, at) => resolve(outcomes[at] ?? []));
    } catch (error) {
      const cause = asError(error);
      // Not a refused value but a defect of ours: it must not stop a partition either.
      if (!(cause instanceof StoreRefused)) this.logger.error(cause.stack ?? cause.message);
      await this.bisect(waiting, published, cause);
    }
  }

  /** Decides and commits until it is done, whatever the store goes through meanwhile. */
  private async commit(
    items: readonly Item[],
    published: readonly Published[],
    failure: Error | null,
  ): Promise<readonly (readonly Outcome[])[]> {
    let locked = false;
    for (let failures = 0; ; failures++) {
      const timer = this.metrics.commitDuration.startTimer();
      try {
        if (failures === 0 && failure) throw failure;
        const { decided, saved } = await (locked
          ? this.decideLocked(items, published)
          : this.decideOptimistically(items, published));
        timer();
        this.failing = null;
        this.caches.absorb(decided.work, decided.changes);
        this.tools.capacity.landed(this.countOn(decided.work), saved.transaction);
        this.settle(items, decided, saved);
        return decided.outcomes;
      } catch (error) {
        if (error instanceof StoreRefused || !isTransient(error)) throw error;
        this.metrics.commitRetries.inc({ reason: error.name });
        if (isTrouble(error, failures)) {
          if (!this.failing || failures % 20 === 0)
            this.logger.warn(`${error.name}: ${error.message}; trying again`);
          this.failing ??= { sinceMs: performance.now(), isFull: false };
          this.failing.isFull = error instanceof StoreFull;
          await pauseAfter(failures);
        }
        locked = true;
      }
    }
  }

  private async decideOptimistically(items: readonly Item[], published: readonly Published[]) {
    const load = (needs: Needs) => this.caches.load(needs, this.store);
    try {
      const decided = await decideBatch(items, published, load, this.tools, false);
      const asked = this.tools.clock.mark();
      const saved = await this.store.commit(decided.changes);
      this.tools.clock.sample(saved.clock, asked);
      return { decided, saved };
    } catch (error) {
      this.caches.forget(firstNeeds(items, published));
      throw error;
    }
  }

  private async decideLocked(items: readonly Item[], published: readonly Published[]) {
    let decided: Decided | null = null;
    const saved = await this.store.commitLocked(async (reader) => {
      decided = await decideBatch(items, published, (needs) => reader.load(needs), this.tools, true);
      this.caches.forget(decided.needs);
      return decided.changes;
    });
    if (!decided) throw new Error('the store committed without a decision');
    return { decided: decided as Decided, saved };
  }

  private settle(items: readonly Item[], { work, changes, outcomes }: Decided, saved: Saved): void {
    this.learnCommandTopics(work.registryAfter());
    this.forgetRefusing(items, outcomes);
    if (saved.outbox) this.publisher?.publish([saved.outbox]);
    const kinds = items.map(({ inbounds }) => inbounds.map(({ kind }) => kind));
    this.metrics.countBatch(changes, outcomes, kinds);
    if (saved.lost > 0) this.metrics.failures.inc({ kind: 'lost' }, saved.lost);
  }

  /** Who declared themselves at another coordinator are sent to without delay: their topics are looked up beforehand. */
  private learnCommandTopics({ version, value }: Versioned<Registry>): void {
    if (version === this.registryVersion) return;
    this.registryVersion = version;
    // Who fails is tried again when it is to be sent to.
    for (const server of value.servers.keys())
      this.tools.bus.ensureCommandTopic(server).catch(() => undefined);
  }

  /**
   * A proposal that finds nothing to do leaves no trace that a commit could check: the next one reads the run anew. What
   * rests on decisions made here finds nothing to do because another one was faster; should the run be stale, the next
   * look at the database finds what is to be done, and proposes it.
   */
  private forgetRefusing(items: readonly Item[], outcomes: Decided['outcomes']): void {
    items.forEach(({ inbounds }, item) =>
      inbounds.forEach((inbound, at) => {
        const isRefused = outcomes[item]?.[at]?.kind === 'refused';
        const isRead = inbound.kind === 'event-due' || (inbound.kind === 'run-input' && !inbound.isOwn);
        const run = isRead ? inbound.run : null;
        if (run !== null && isRefused) this.caches.runs.evict(run);
      }),
    );
  }

  /** Finds the one input that cannot be stored: the others are applied, it becomes a dead letter or an error. */
  private async bisect(
    waiting: readonly Waiting[],
    published: readonly Published[],
    error: Error,
  ): Promise<void> {
    if (waiting.length > 0 && published.length > 0) await this.process([], published);
    if (waiting.length > 1) {
      const half = Math.ceil(waiting.length / 2);
      await this.process(waiting.slice(0, half), []);
      await this.process(waiting.slice(half), []);
      return;
    }
    const [only] = waiting;
    if (!only) {
      this.logger.error(`marks of published messages were refused: ${error.message}`);
      return;
    }
    const { item } = only;
    if (item.inbounds.length > 1) return this.bisectItem(only);
    const [inbound] = item.inbounds;
    const letter = inbound ? asDeadLetter(inbound, error) : null;
    if (!letter || inbound?.kind === 'poison') {
      if (item.range) only.reject(error);
      else only.resolve([{ kind: 'store-refused', message: error.message }]);
      return;
    }
    await this.process([{ ...only, item: { ...item, inbounds: [letter] } }], []);
  }

  /** Halves of one partition's batch: the position moves only with the last one. */
  private async bisectItem({ item, resolve, reject }: Waiting): Promise<void> {
    const { range, inbounds } = item;
    const half = Math.ceil(inbounds.length / 2);
    const first = inbounds.slice(0, half);
    const second = inbounds.slice(half);
    const border = second[0];
    if (!range || !border || !('where' in border) || !border.where) {
      reject(new Error('only batches of a partition hold several inputs'));
      return;
    }
    const upTo = { ...range, nextOffset: border.where.offset };
    const from = { ...range, fetchedOffset: border.where.offset };
    const collect = (part: Item) =>
      new Promise<readonly Outcome[]>((resolvePart, rejectPart) => {
        void this.process([{ item: part, resolve: resolvePart, reject: rejectPart }], []);
      });
    try {
      const outcomes = await collect({ inbounds: first, range: upTo });
      resolve([...outcomes, ...(await collect({ inbounds: second, range: from }))]);
    } catch (error) {
      reject(error);
    }
  }
}
