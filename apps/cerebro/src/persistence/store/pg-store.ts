import type { Pool, PoolClient } from 'pg';
import {
  Conflict,
  Store,
  type Changes,
  type CommitOrder,
  type HeldCommit,
  type Loaded,
  type Needs,
  type Reader,
  type Saved,
  type Ticket,
} from '../../coordination/ports/index.js';
import { run, transact } from '../sql/pipeline.js';
import { connect, SharedClient, withClient } from '../sql/pools.js';
import { load, locksOf } from './read/index.js';
import { RegistryCache } from './read/registry.js';
import { holdOn } from './held.js';
import { after, freshnessChange, savedOf, statementsOf } from './write/index.js';

/** Where a commit is sent: behind the one of that name, or on a connection of its own. */
interface Place {
  readonly shared: SharedClient;
  readonly after: string | null;
}

/** A commit that was sent; another may follow on its connection as long as it is not answered. */
interface Sent {
  readonly name: string;
  readonly place: Promise<Place>;
  hasFailed: boolean;
}

/** The door's store on PostgreSQL; the pools are in pipeline mode. */
export class PgStore extends Store {
  private readonly registry = new RegistryCache();
  private readonly sent = new WeakMap<Ticket, Sent>();
  /** Tasks that have a row of freshness: it need not be begun again with every commit. */
  private readonly knownFreshness = new Set<string>();
  private commits = 0;

  constructor(
    private readonly pool: Pool,
    /** Of transactions that are held: they keep nobody waiting for a connection. */
    private readonly heldPool: Pool,
  ) {
    super();
  }

  /** Everything from one snapshot: a run and its task runs belong together. */
  load(needs: Needs): Promise<Loaded> {
    return load(needs, this.registry, (statements) =>
      withClient(this.pool, (client) => this.snapshot(client, statements)),
    );
  }

  private async snapshot(client: PoolClient, statements: Parameters<typeof run>[1]) {
    const before = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
    return run(client, statements, { before, after: 'COMMIT' });
  }

  async commit(changes: Changes, order?: CommitOrder): Promise<Saved> {
    // At once: another commit may follow before there is a connection.
    const sent: Sent = {
      name: this.nextName(),
      place: this.placeAfter(order?.after ?? null),
      hasFailed: false,
    };
    if (order) this.sent.set(order.ticket, sent);
    const { shared, after: before } = await sent.place;
    let failure: unknown = null;
    try {
      return await this.save(shared.client, false, changes, sent.name, before);
    } catch (error) {
      sent.hasFailed = true;
      failure = error;
      throw error;
    } finally {
      shared.leave(failure);
    }
  }

  private async placeAfter(ticket: Ticket | null): Promise<Place> {
    const before = ticket && this.sent.get(ticket);
    if (before) {
      const { shared } = await before.place;
      if (shared.enter()) return { shared, after: before.name };
    }
    if (ticket && (!before || before.hasFailed)) throw new Conflict('the commit before this one has failed');
    return { shared: new SharedClient(await connect(this.pool)), after: null };
  }

  commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved> {
    return withClient(this.pool, async (client) => {
      await run(client, [], { before: 'BEGIN' });
      const changes = await this.decide(client, decide);
      return this.save(client, true, changes, this.nextName(), null);
    });
  }

  hold(changes: Changes, stamp: number): Promise<HeldCommit> {
    return holdOn(this.heldPool, changes, this.nextName(), stamp);
  }

  private async decide(client: PoolClient, decide: (reader: Reader) => Promise<Changes>): Promise<Changes> {
    const reader: Reader = {
      load: (needs) => load(needs, this.registry, (statements) => run(client, statements), locksOf(needs)),
    };
    try {
      return await decide(reader);
    } catch (error) {
      // A connection that is gone has rolled back by itself.
      await run(client, [], { before: 'ROLLBACK' }).catch(() => undefined);
      throw error;
    }
  }

  /**
   * @param isOpen whether the transaction has begun already
   * @param before the commit that must have taken effect on this session just before
   */
  private async save(
    client: PoolClient,
    isOpen: boolean,
    changes: Changes,
    name: string,
    before: string | null,
  ): Promise<Saved> {
    const freshness = freshnessChange(changes, this.knownFreshness);
    const statements = statementsOf(changes, name, freshness);
    const first = before === null ? [] : [after(before)];
    const results = await transact(client, isOpen, [...first, ...statements]).catch((error: unknown) => {
      // Should a row be missing after all, it is begun next time.
      if (error instanceof Conflict) this.knownFreshness.clear();
      throw error;
    });
    for (const task of freshness.begun) this.knownFreshness.add(task);
    return savedOf(changes, statements, results.slice(first.length));
  }

  private nextName(): string {
    this.commits += 1;
    return String(this.commits);
  }
}
