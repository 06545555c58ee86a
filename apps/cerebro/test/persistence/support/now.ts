import type { LookQueries } from '../../../src/coordination/ports/index.js';

const NOTHING = { topics: [], unsentForMs: 0, silentForMs: 0 };

/** The database's clock, epoch ms. */
export const nowOf = async (queries: Pick<LookQueries, 'look'>): Promise<number> =>
  (await queries.look(NOTHING)).now;
