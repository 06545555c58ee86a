import type { Pool, PoolClient } from 'pg';
import {
  Store,
  type Changes,
  type Loaded,
  type Needs,
  type Reader,
  type Saved,
} from '../../coordination/ports/index.js';
import { run, transact } from '../sql/pipeline.js';
import { withClient } from '../sql/pools.js';
import { load, locksOf } from './read/index.js';
import { RegistryCache } from './read/registry.js';
import { savedOf, statementsOf } from './write/index.js';

/** The door's store on PostgreSQL; `pool` is in pipeline mode. */
export class PgStore extends Store {
  private readonly registry = new RegistryCache();

  constructor(private readonly pool: Pool) {
    super();
  }

  /** Everything from one snapshot: a run and its task runs belong together. */
  load(needs: Needs): Promise<Loaded> {
    return load(needs, this.registry, (statements) =>
      withClient(this.pool, (client) => this.snapshot(client, statements)),
    );
  }

  private async snapshot(client: PoolClient, statements: Parameters<typeof run>[1]) {
    const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
    const results = await run(client, [begin, ...statements, 'COMMIT']);
    return results.slice(1, -1);
  }

  commit(changes: Changes): Promise<Saved> {
    return withClient(this.pool, (client) => this.save(client, 'BEGIN', changes));
  }

  commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved> {
    return withClient(this.pool, async (client) => {
      await run(client, ['BEGIN']);
      const changes = await this.decide(client, decide);
      return this.save(client, null, changes);
    });
  }

  private async decide(client: PoolClient, decide: (reader: Reader) => Promise<Changes>): Promise<Changes> {
    const reader: Reader = {
      load: (needs) => load(needs, this.registry, (statements) => run(client, statements), locksOf(needs)),
    };
    try {
      return await decide(reader);
    } catch (error) {
      // A connection that is gone has rolled back by itself.
      await run(client, ['ROLLBACK']).catch(() => undefined);
      throw error;
    }
  }

  private async save(client: PoolClient, begin: 'BEGIN' | null, changes: Changes): Promise<Saved> {
    const statements = statementsOf(changes);
    return savedOf(changes, statements, await transact(client, begin, statements));
  }
}
