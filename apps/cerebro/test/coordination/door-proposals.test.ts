import { expect, test } from '@jest/globals';
import { emptyRegistry } from '@cordyna/engine';
import {
  Caches,
  Capacity,
  DatabaseClock,
  Door,
  NOTHING_LOADED,
  Publisher,
  Store,
  type HeldCommit,
  type Inbound,
  type Loaded,
  type Metrics,
  type Needs,
  type OutboundBus,
  type Saved,
} from '../../src/coordination/index.js';
import type { Tools } from '../../src/coordination/decide/index.js';
import { runOf, seedOf } from '../persistence/support/builders.js';

const quiet = { inc: () => undefined, startTimer: () => () => undefined };
const metrics = { commitDuration: quiet, commitRetries: quiet, countBatch: () => undefined };
const run = runOf(seedOf(['one.a']), [{ state: 'invoked', attempt: 1, invocation: 'i' }]);
const id = run.seed.run;

class ReadStore extends Store {
  readonly runsRead: string[] = [];

  override load({ runs }: Needs): Promise<Loaded> {
    this.runsRead.push(...runs);
    const found = runs.map((one) => [one, { version: 1, value: run, contentHash: '' }] as const);
    return Promise.resolve({
      ...NOTHING_LOADED,
      runs: new Map(found),
      registry: { version: 1, value: emptyRegistry() },
    });
  }

  override commit(): Promise<Saved> {
    return Promise.resolve({ outbox: null, lost: 0, clock: Date.now(), transaction: null });
  }

  override commitLocked(): Promise<Saved> {
    return Promise.reject(new Error('nothing is in its way'));
  }

  override hold(): Promise<HeldCommit> {
    return Promise.reject(new Error('nothing is held'));
  }
}

function doorOf(store: Store): Door {
  const clock = new DatabaseClock();
  clock.sample(Date.now(), clock.mark());
  const tools = { clock, capacity: new Capacity(), bus: {}, source: '/cerebro/one' } as unknown as Tools;
  const caches = new Caches();
  caches.runs.put(id, { version: 1, value: run, contentHash: '' });
  const door = new Door(store, caches, tools, metrics as unknown as Metrics);
  door.start(new Publisher({} as OutboundBus, () => undefined));
  return door;
}

const refused = { kind: 'refused', code: 'wrong_state' };

test.each(['capacity', 'retry-due'] as const)(
  'after a proposal of %s that found nothing to do the run is read anew, unless it rested on a decision made here',
  async (kind) => {
    const store = new ReadStore();
    const door = doorOf(store);
    const own: Inbound = { kind: 'run-input', run: id, source: '/cerebro/one', input: { kind }, isOwn: true };
    const { isOwn: _, ...seen } = own;
    await expect(door.submit(own)).resolves.toMatchObject(refused);
    await expect(door.submit(seen)).resolves.toMatchObject(refused);
    expect(store.runsRead).toEqual([]);
    await expect(door.submit(seen)).resolves.toMatchObject(refused);
    expect(store.runsRead).toEqual([id]);
    await door.stop();
  },
);
