import { Logger } from '@nestjs/common';
import { decideBatch, type Decided } from './batch.js';
import type { Caches } from './caches.js';
import { DatabaseClock } from './database-clock.js';
import type { Tools } from './decide/index.js';
import { asError, isTransient } from './door-failures.js';
import type { Inbound } from './inbound.js';
import { JointPublisher } from './joint-publisher.js';
import type { Metrics } from './metrics.js';
import { firstNeeds, furtherNeeds, isEmpty, type Item } from './needs.js';
import { isHoldable, type HeldCommit, type Loaded, type Needs, type Store } from './ports/index.js';
import { MAX_BEHIND_MS, type Publisher } from './publisher.js';

export type Fire = Extract<Inbound, { kind: 'fire' }>;

/** Firings that are decided, their rows written, and of which nothing is seen. */
export interface FiringsHeld {
  /** Once it is time. True when it took effect; else all of it is to be proposed like anything else. */
  commit(): Promise<boolean>;
  release(): Promise<void>;
}

/** The time for which something is decided. */
class ClockAt extends DatabaseClock {
  constructor(private readonly at: number) {
    super();
  }

  override now(): number {
    return this.at;
  }
}

class NotKnown extends Error {}

/**
 * Decides firings before they are due, on what their due time will find if nothing happens until then, and has their
 * transaction written but for its commit. That compares all that the decision rests on; whatever else it may be that does
 * not fit any more, the firings are decided by the door when they are due, as if nothing had been.
 */
export class FiringsAhead {
  private readonly logger = new Logger('FiringsAhead');
  private readonly joint: JointPublisher;

  constructor(
    private readonly store: Store,
    private readonly caches: Caches,
    private readonly tools: Tools,
    private readonly metrics: Metrics,
    private readonly publisher: Pick<Publisher, 'publish' | 'behindMs'>,
  ) {
    this.joint = new JointPublisher(publisher);
  }

  /** Is nothing to be asked to decide about the schedule? */
  isReady(schedule: string): boolean {
    const needs = firstNeeds([itemOf({ kind: 'fire', schedule, newRun: '' })], []);
    const known = this.caches.known(needs);
    if (!known?.registry) return false;
    return isEmpty(
      furtherNeeds([itemOf({ kind: 'fire', schedule, newRun: '' })], known, known.registry.value),
    );
  }

  /**
   * @param at epoch ms, database clock: when all of them are due, and to be committed
   * @returns null when that cannot be decided beforehand
   */
  async hold(firings: readonly Fire[], at: number): Promise<FiringsHeld | null> {
    try {
      const items = firings.map(itemOf);
      const decided = await this.decide(items, at);
      if (!decided) return null;
      this.tools.bus.prepare(decided.changes.outbox, at);
      const held = await this.store.hold(decided.changes, at);
      return { commit: () => this.commit(items, decided, held), release: () => held.release() };
    } catch (error) {
      if (!(error instanceof NotKnown) && !isTransient(error)) this.logger.warn(asError(error).message);
      return null;
    }
  }

  private async decide(items: readonly Item[], at: number): Promise<Decided | null> {
    const load = (needs: Needs): Promise<Loaded> => {
      const known = this.caches.known(needs);
      return known ? Promise.resolve(known) : Promise.reject(new NotKnown());
    };
    const decided = await decideBatch(items, [], load, { ...this.tools, clock: new ClockAt(at) }, false);
    const { changes, work, outcomes } = decided;
    const isDone = outcomes.flat().every(({ kind }) => kind === 'done');
    // What has changed nothing would not be checked.
    const areAll =
      changes.schedules.length === items.length && changes.schedules.every(({ isMoved }) => isMoved);
    const hasRoom = this.tools.capacity.hasRoomFor(work);
    // The door goes on with what is cut short.
    const isWhole = work.cutShort.size === 0;
    return isDone && areAll && isWhole && hasRoom && isHoldable(changes) ? decided : null;
  }

  private async commit(items: readonly Item[], decided: Decided, held: HeldCommit): Promise<boolean> {
    const { changes, work, outcomes, needs } = decided;
    const { capacity } = this.tools;
    const isBehind = this.publisher.behindMs() > MAX_BEHIND_MS;
    if (isBehind || !this.caches.isCurrent(changes.registry.read) || !capacity.hasRoomFor(work)) {
      await held.release();
      return false;
    }
    const timer = this.metrics.commitDuration.startTimer();
    const leave = this.joint.begin();
    const counted = capacity.add(work);
    try {
      const saved = await held.commit().finally(timer);
      capacity.landed(counted, saved.transaction);
      this.caches.absorbRuns(work, changes);
      await leave(saved.outbox ? [saved.outbox] : []);
    } catch (error) {
      this.metrics.commitRetries.inc({ reason: asError(error).name });
      capacity.takeBack(counted);
      this.caches.forget(needs, changes);
      await leave([]);
      return false;
    }
    const kinds = items.map(({ inbounds }) => inbounds.map(({ kind }) => kind));
    this.metrics.countBatch(changes, outcomes, kinds);
    return true;
  }
}

const itemOf = (fire: Fire): Item => ({ inbounds: [fire], range: null });
