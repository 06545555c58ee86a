import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { emptyRegistry } from '@cordyna/engine';
import {
  Caches,
  Capacity,
  Conflict,
  DatabaseClock,
  Door,
  NOTHING_LOADED,
  Publisher,
  Store,
  type Changes,
  type HeldCommit,
  type Loaded,
  type Metrics,
  type OutboundBus,
  type Saved,
} from '../../src/coordination/index.js';
import type { Tools } from '../../src/coordination/decide/index.js';

const quiet = { inc: () => undefined, startTimer: () => () => undefined };
const metrics = { commitDuration: quiet, commitRetries: quiet, countBatch: () => undefined };

/** Somebody else is always faster, so many times. */
class ContendedStore extends Store {
  lockedCommits = 0;

  constructor(private readonly conflicts: number) {
    super();
  }

  override load(): Promise<Loaded> {
    return Promise.resolve({ ...NOTHING_LOADED, registry: { version: 1, value: emptyRegistry() } });
  }

  override commit(): Promise<Saved> {
    return Promise.reject(new Conflict('the first try'));
  }

  override hold(): Promise<HeldCommit> {
    return Promise.reject(new Error('nothing is held'));
  }

  override async commitLocked(decide: (reader: ContendedStore) => Promise<Changes>): Promise<Saved> {
    await decide(this);
    this.lockedCommits += 1;
    if (this.lockedCommits <= this.conflicts) throw new Conflict('a locked try');
    return { outbox: null, lost: 0, clock: Date.now(), transaction: null };
  }
}

const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  warnings.mockClear();
});

function doorOf(store: Store): Door {
  const clock = new DatabaseClock();
  clock.sample(Date.now(), clock.mark());
  const tools = { clock, capacity: new Capacity(), bus: {}, source: '/cerebro/one' } as unknown as Tools;
  const door = new Door(store, new Caches(), tools, metrics as unknown as Metrics);
  door.start(new Publisher({} as OutboundBus, () => undefined));
  return door;
}

/** Everything that needs no clock. */
const rest = (): Promise<void> => jest.advanceTimersByTimeAsync(0);
const request = { kind: 'lose', server: 'a', instance: 'one', silentBefore: 0 } as const;

test('some conflicts one after the other are tried again at once and are no trouble', async () => {
  const store = new ContendedStore(9);
  const door = doorOf(store);
  await expect(door.submit(request)).resolves.toEqual({ kind: 'done' });
  expect([store.lockedCommits, door.trouble(), warnings.mock.calls]).toEqual([10, null, []]);
});

test('conflicts without end are trouble that is told, and tried again after a pause', async () => {
  const store = new ContendedStore(12);
  const door = doorOf(store);
  const outcome = door.submit(request);
  await rest();
  expect(store.lockedCommits).toBe(10);
  expect(door.trouble()).toMatchObject({ isFull: false });
  expect(warnings.mock.calls.flat()).toEqual(['Conflict: a locked try; trying again']);

  await jest.advanceTimersByTimeAsync(2_999);
  expect([store.lockedCommits, door.trouble()?.forMs]).toEqual([12, 2_999]);
  await jest.advanceTimersByTimeAsync(1);
  await expect(outcome).resolves.toEqual({ kind: 'done' });
  expect(door.trouble()).toBeNull();
});
