import { describe } from '@jest/globals';
import { heldContract } from '../../apps/cerebro/test/persistence/contract/held-contract.js';
import { outboxContract } from '../../apps/cerebro/test/persistence/contract/outbox-contract.js';
import { storeContract } from '../../apps/cerebro/test/persistence/contract/store-contract.js';
import type { StoreUnderTest } from '../../apps/cerebro/test/persistence/contract/store-under-test.js';
import {
  instancesContract,
  timersContract,
} from '../../apps/cerebro/test/persistence/contract/timers-contract.js';
import { openDatabase } from '../../apps/cerebro/test/persistence/support/opened.js';

/** A store on a real PostgreSQL, each with a database of its own. */
async function open(): Promise<StoreUnderTest> {
  const { store, timers, queries, another, now, instances, closeAll: close } = await openDatabase();
  const seqs = async (run: string) => ((await queries.history(run)) ?? []).map(({ seq }) => seq);
  return { store, timers, now, instances, seqs, another: () => another(), close };
}

describe('PostgreSQL: the store', () => storeContract(open));
describe('PostgreSQL: the timers', () => timersContract(open));
describe('PostgreSQL: the instances', () => instancesContract(open));
describe('PostgreSQL: what is held', () => heldContract(open));
describe('PostgreSQL: the outbox', () => outboxContract(open));
