import { setImmediate } from 'node:timers/promises';
import { describe } from '@jest/globals';
import { heldContract } from '../../apps/cerebro/test/persistence/contract/held-contract.js';
import { outboxContract } from '../../apps/cerebro/test/persistence/contract/outbox-contract.js';
import { storeContract } from '../../apps/cerebro/test/persistence/contract/store-contract.js';
import type { StoreUnderTest } from '../../apps/cerebro/test/persistence/contract/store-under-test.js';
import {
  instancesContract,
  timersContract,
} from '../../apps/cerebro/test/persistence/contract/timers-contract.js';
import { siteOf } from './actors/site.js';
import { MemoryStore } from './store/memory-store.js';
import { MemoryTimerQueries } from './store/memory-timer-queries.js';

/** The simulation's store, without its faults; its time goes on as long as it is asked for something. */
async function open(): Promise<StoreUnderTest> {
  const { world, faults, db, lock } = siteOf(1);
  faults.heal();
  const connection = { world, faults, db, lock, process: null };
  const another = () => ({ store: new MemoryStore(connection), timers: new MemoryTimerQueries(connection) });
  let isOpen = true;
  const ended = (async () => {
    while (isOpen) {
      await world.run(1);
      await setImmediate();
    }
  })();
  const close = async (): Promise<void> => {
    isOpen = false;
    await ended;
  };
  const seqs = async (run: string) => db.runs.get(run)?.history.map(({ seq }) => seq) ?? [];
  const instances = async () =>
    [...db.instances.values()].map(({ stateSince: _, heartbeats: __, ...instance }) => instance);
  const now = async () => db.clock();
  return { ...another(), another, now, instances, seqs, close };
}

describe("the simulation's store", () => storeContract(open));
describe("the simulation's timers", () => timersContract(open));
describe("the simulation's instances", () => instancesContract(open));
describe('what the simulation holds', () => heldContract(open));
describe("the simulation's outbox", () => outboxContract(open));
