import {
  Conflict,
  Store,
  StoreUnavailable,
  UnknownOutcome,
  type Changes,
  type CommitOrder,
  type HeldCommit,
  type Loaded,
  type Needs,
  type Reader,
  type Saved,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Faults } from '../world/faults.js';
import type { Process } from '../world/process.js';
import type { World } from '../world/world.js';
import type { Database } from './database.js';
import type { Recording } from './recording.js';
import { IDLE_IN_TRANSACTION_MS, Session, type Lock } from './lock.js';
import { beginState } from './events.js';
import { read } from './read.js';
import { beginFreshness, write } from './write.js';

export interface Connection {
  readonly world: World;
  readonly faults: Faults;
  readonly db: Database;
  readonly lock: Lock;
  /** Null: a caller that never dies, as in the contract's tests. */
  readonly process: Process | null;
  /** Where everything that is done is written down. */
  readonly recording?: Recording | null;
}

interface Held {
  readonly begunAt: number;
  readonly stamp: number;
}

type Effect<T> = (done: (error: Error | null, value?: T) => void) => void;

/** A question: answered as it was when it was asked, or so much later, when it arrived. */
export function ask<T>(
  { world, faults, process }: Connection,
  answer: () => T,
  onTheWayMs: number | null = null,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const arrive = (): void => {
      const isDown = faults.storeDown || faults.happens('storeUnavailable');
      const found = isDown ? null : answer();
      const { crashes } = faults;
      world.after(faults.latencyMs(), process, () => {
        if (isDown || faults.crashes !== crashes) reject(new StoreUnavailable('08006: no connection'));
        else resolve(found as T);
      });
    };
    if (onTheWayMs === null) arrive();
    else world.after(onTheWayMs, null, arrive);
    faults.step(process);
  });
}

/** Something that has an effect: it may be lost on the way, or its answer, or take effect after it was given up. */
export function request<T>({ world, faults, process }: Connection, effect: Effect<T>): Promise<T> {
  const fault = faults.store();
  const { crashes } = faults;
  const isCut = () => faults.crashes !== crashes;
  return new Promise((resolve, reject) => {
    const answer = (ms: number, settle: () => void) => void world.after(ms, process, settle);
    const unknown = (ms: number) => answer(ms, () => reject(new UnknownOutcome('the connection was lost')));
    const arrive = (ms: number, done: Parameters<Effect<T>>[0]) => {
      const arrived = (): void => {
        if (isCut()) return done(new UnknownOutcome('57P01: it crashed before'));
        if (faults.happens('storeCrash')) return crash(done);
        effect(done);
        if (faults.happens('storeCrash')) faults.crashStore();
      };
      if (fault === 'none') world.after(ms, null, arrived);
      else world.hold(ms, arrived);
    };
    const crash = (done: Parameters<Effect<T>>[0]): void => {
      faults.crashStore();
      done(new UnknownOutcome('57P01: it crashed'));
    };
    const ignored = () => undefined;
    if (fault === 'unavailable') {
      answer(faults.latencyMs(), () => reject(new StoreUnavailable('08006: no connection')));
    } else if (fault === 'lost') {
      unknown(faults.latencyMs());
    } else if (fault === 'answer lost') {
      arrive(faults.latencyMs(), () => unknown(faults.latencyMs()));
    } else if (fault === 'late') {
      const givenUpMs = faults.between(100, 3_000);
      unknown(givenUpMs);
      arrive(givenUpMs + faults.between(1, 4_000), ignored);
    } else {
      arrive(faults.latencyMs(), (error, value) =>
        answer(faults.latencyMs(), () => {
          if (error) reject(error);
          else if (isCut()) reject(new UnknownOutcome('57P01: it crashed afterwards'));
          else resolve(value as T);
        }),
      );
    }
    faults.step(process);
  });
}

/** Nothing is written yet: a connection that is lost has rolled back. */
function unanswered(error: unknown): never {
  throw error instanceof UnknownOutcome ? new StoreUnavailable(error.message) : error;
}

/** The door's store over tables in memory, with the failures that a real one has. */
export class MemoryStore extends Store {
  constructor(private readonly connection: Connection) {
    super();
  }

  load(needs: Needs): Promise<Loaded> {
    const { db, recording } = this.connection;
    return ask(this.connection, () => {
      const answer = read(db, needs);
      recording?.add({ kind: 'load', at: db.clock(), needs, answer });
      return answer;
    });
  }

  commit(changes: Changes, order?: CommitOrder): Promise<Saved> {
    return this.save(null, changes, order);
  }

  async commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved> {
    const { lock } = this.connection;
    const session = new Session();
    try {
      const changes = await decide({ load: (needs) => this.loadLocked(session, needs) });
      return await this.save(session, changes);
    } catch (error) {
      // What was given up may still be under way; then its locks last until it is done, or idle for too long.
      if (!(error instanceof UnknownOutcome)) lock.release(session);
      throw error;
    }
  }

  /** What it has written by then nobody sees, so that it may as well be written with the commit. */
  async hold(changes: Changes, stamp: number): Promise<HeldCommit> {
    const { db, faults } = this.connection;
    const { crashes } = faults;
    const begunAt = await request<number>(this.connection, (done) => done(null, db.clock())).catch(
      unanswered,
    );
    const commit = async (): Promise<Saved> => {
      const isGone = faults.crashes !== crashes || db.clock() > begunAt + IDLE_IN_TRANSACTION_MS;
      if (isGone) throw new StoreUnavailable('57P01: the session was ended');
      const saved = await this.save(null, changes, undefined, { begunAt, stamp });
      faults.count('firings held');
      return saved;
    };
    const inVain = (error: Error): never => {
      faults.count('firings held in vain');
      throw error;
    };
    return { commit: () => commit().catch(inVain), release: async () => undefined };
  }

  private loadLocked(session: Session, needs: Needs): Promise<Loaded> {
    const { db, lock } = this.connection;
    return request<Loaded>(this.connection, (done) => {
      session.begunAt ??= db.clock();
      lock.acquire(session, (error) => {
        if (error) return done(error);
        for (const task of needs.freshness) beginFreshness(db, task);
        for (const id of needs.events?.states ?? []) beginState(db, id);
        const loaded = read(db, needs);
        session.loads.push({ needs, loaded });
        done(null, loaded);
      });
    }).catch(unanswered);
  }

  private save(
    session: Session | null,
    changes: Changes,
    order?: CommitOrder,
    held: Held | null = null,
  ): Promise<Saved> {
    const { db, lock, recording } = this.connection;
    const record = (at: number, answer: Saved | Error): void => {
      recording?.add({
        kind: 'save',
        at,
        changes,
        locked: session?.loads ?? null,
        stamp: held?.stamp ?? null,
        answer,
      });
    };
    return request<Saved>(this.connection, (done) => {
      const now = held?.begunAt ?? session?.begunAt ?? db.clock();
      lock.acquire(session, (error) => {
        if (error) return done(error);
        const before = order?.after;
        if (before && !db.carriedOut.has(before))
          return done(new Conflict('the commit before has not taken effect'));
        try {
          const saved = write(db, changes, now, held?.stamp);
          if (order) db.carriedOut.add(order.ticket);
          record(now, saved);
          if (session) lock.release(session);
          done(null, saved);
        } catch (failure) {
          record(now, failure as Error);
          if (session) lock.release(session);
          done(failure as Error);
        }
      });
    });
  }
}
