import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Changes } from '../../apps/cerebro/src/coordination/ports/index.js';
import { changesOf, runChange, runOf, seedOf } from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
const WHO = { server: 's', instance: 'woken' };
const stateOf = async () => (await db.instances()).find(({ instance }) => instance === WHO.instance)?.state;
const lose = (silentBefore: number) => commit({ lost: [{ ...WHO, silentBefore }] });

test('an update after lost is a sign of life: what the instance takes on does not end in server_lost', async () => {
  const { clock } = await commit({ heartbeats: [{ ...WHO, state: 'online', capacity: 1 }] });
  await lose(clock + 60_000);
  expect(await stateOf()).toBe('lost');

  const seed = seedOf(['s.one']);
  const run = runOf(seed, [{ state: 'started', invocation: 'after', instance: WHO.instance, attempt: 1 }]);
  const update = await commit({
    runs: [runChange(run, null)],
    signsOfLife: [{ ...WHO, sentAt: clock }],
  });
  expect(await stateOf()).toBe('online');
  expect(await db.timers.attemptsOfGoneInstances(update.clock + 60_000, 10)).toEqual([]);

  // Silence from then on counts as it does for anybody.
  const silent = await db.timers.silentInstances(update.clock + 60_000);
  expect(silent).toEqual([WHO]);
  await lose(update.clock + 60_000);
  expect(await db.timers.attemptsOfGoneInstances(update.clock, 10)).toMatchObject([{ invocation: 'after' }]);
});
