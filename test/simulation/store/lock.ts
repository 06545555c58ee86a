import {
  StoreUnavailable,
  type Loaded,
  type Needs,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { World } from '../world/world.js';

const LOCK_TIMEOUT_MS = 1_000;
export const IDLE_IN_TRANSACTION_MS = 2_000;

/** A transaction that holds rows. */
export class Session {
  isOpen = true;
  /** Counts what it did, so that an idle one is told from a busy one. */
  moves = 0;
  /** The clock of a transaction is that of its begin, before it waits for any lock (epoch ms). */
  begunAt: number | null = null;
  /** What it has read. */
  readonly loads: { readonly needs: Needs; readonly loaded: Loaded }[] = [];
}

/**
 * PostgreSQL's row locks, coarser: one for the whole database. As there, waiting for it ends after a second, and a
 * session that idles in its transaction is ended after two.
 */
export class Lock {
  private holder: Session | null = null;
  private waiting: { readonly session: Session | null; readonly go: (error: Error | null) => void }[] = [];

  constructor(private readonly world: World) {}

  /** Calls `go` once the lock is had by the session; null: once nobody has it. */
  acquire(session: Session | null, go: (error: Error | null) => void): void {
    if (session && !session.isOpen) return go(new StoreUnavailable('57P01: the session was ended'));
    if (session && this.holder === session) {
      this.touch(session);
      return go(null);
    }
    if (!this.holder) return this.grant(session, go);
    const entry = { session, go };
    this.waiting.push(entry);
    this.world.after(LOCK_TIMEOUT_MS, null, () => {
      if (!this.waiting.includes(entry)) return;
      this.waiting = this.waiting.filter((one) => one !== entry);
      go(new StoreUnavailable('55P03: lock timeout'));
    });
  }

  /** The database crashed: every session is gone, and whoever waits hears of it. */
  crash(): void {
    if (this.holder) this.holder.isOpen = false;
    this.holder = null;
    for (const { session, go } of this.waiting.splice(0)) {
      if (session) session.isOpen = false;
      go(new StoreUnavailable('57P01: the session was ended'));
    }
  }

  release(session: Session): void {
    session.isOpen = false;
    if (this.holder !== session) return;
    this.holder = null;
    while (!this.holder) {
      const next = this.waiting.shift();
      if (!next) return;
      this.grant(next.session, next.go);
    }
  }

  private grant(session: Session | null, go: (error: Error | null) => void): void {
    if (session) {
      this.holder = session;
      this.touch(session);
    }
    go(null);
  }

  private touch(session: Session): void {
    session.moves += 1;
    const { moves } = session;
    this.world.after(IDLE_IN_TRANSACTION_MS, null, () => {
      if (session.moves === moves) this.release(session);
    });
  }
}
