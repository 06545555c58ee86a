import type { Pool } from 'pg';
import { StoreUnavailable } from '../../coordination/ports/index.js';
import { rowsOf, type Statement } from './statement.js';

/**
 * One question on its own, in a transaction of its own.
 * @throws StoreUnavailable
 */
export async function ask<Row>(pool: Pool, statement: Statement): Promise<readonly Row[]> {
  try {
    return rowsOf<Row>(await pool.query({ ...statement, values: [...statement.values] }));
  } catch (cause) {
    throw new StoreUnavailable(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
