import type { Pool } from 'pg';
import type { Changes, HeldCommit, Saved } from '../../coordination/ports/index.js';
import { run, transact } from '../sql/pipeline.js';
import { connect, SharedClient } from '../sql/pools.js';
import { heldChecksOf, heldStatementsOf, savedOf } from './write/index.js';

/** Begins a transaction on a connection of the pool, which it keeps until it is committed or released. */
export async function holdOn(pool: Pool, changes: Changes, name: string, stamp: number): Promise<HeldCommit> {
  const statements = heldStatementsOf(changes, name, stamp);
  const shared = new SharedClient(await connect(pool));
  const { client } = shared;
  try {
    const results = await run(client, statements, { before: 'BEGIN' });
    // All that can be done beforehand.
    const checks = heldChecksOf(changes);
    const saved = savedOf(changes, statements, results, stamp);
    // By then the connection may be somebody else's.
    let isOver = false;
    const commit = async (): Promise<Saved> => {
      isOver = true;
      let failure: unknown = null;
      try {
        await transact(client, true, checks);
        return saved;
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        shared.leave(failure);
      }
    };
    const release = async (): Promise<void> => {
      if (isOver) return;
      isOver = true;
      // A connection that is gone has rolled back by itself.
      await run(client, [], { before: 'ROLLBACK' }).catch(() => undefined);
      shared.leave(null);
    };
    return { commit, release };
  } catch (error) {
    // Closed with its transaction.
    shared.leave(error);
    throw error;
  }
}
