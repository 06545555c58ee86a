import type { Heartbeat, InstanceState } from '@cordyna/protocol/model';
import { awaitUntil } from '@cordyna/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
const beat = (
  instance: string,
  state: Heartbeat['state'] = 'online',
  fields: Partial<Heartbeat> = {},
): Heartbeat => ({
  server: 's',
  instance,
  state,
  capacity: 7,
  ...fields,
});
const of = async (instance: string) => (await db.timers.instances()).find((one) => one.instance === instance);
const stateOf = async (instance: string): Promise<InstanceState | undefined> => (await of(instance))?.state;
const sign = (instance: string, sentAt: number) => ({ signsOfLife: [{ server: 's', instance, sentAt }] });
const isSilent = async (instance: string, before: number): Promise<boolean> =>
  (await db.timers.silentInstances(before)).some((one) => one.instance === instance);

describe('an instance', () => {
  test('is what its newest heartbeat says, with the default limit of its queue', async () => {
    const saved = await commit({
      heartbeats: [beat('h', 'draining'), beat('h', 'online', { queued: 3, started: 2 })],
    });
    expect(await of('h')).toEqual({
      ...{ server: 's', instance: 'h', state: 'online', lastSeen: saved.clock, clockSkewMs: null },
      ...{ capacity: 7, queueLimit: 70, queued: 3, started: 2 },
    });
    await commit({ heartbeats: [beat('h', 'draining', { queueLimit: Number.MAX_SAFE_INTEGER })] });
    expect(await of('h')).toMatchObject({
      state: 'draining',
      queueLimit: Number.MAX_SAFE_INTEGER,
      queued: null,
    });
  });

  test('whose clock is ahead or behind shows by how much', async () => {
    const now = await db.timers.now();
    await commit({ heartbeats: [beat('skewed')], ...sign('skewed', now + 60_000) });
    const ahead = (await of('skewed'))?.clockSkewMs ?? 0;
    expect(ahead).toBeGreaterThan(50_000);
    expect(ahead).toBeLessThanOrEqual(60_000);
    await commit(sign('unheard-of', now - 60_000));
    expect((await of('unheard-of'))?.clockSkewMs).toBeLessThanOrEqual(-60_000);
  });

  test('that sends no heartbeats is seen by its updates and never silent', async () => {
    await commit(sign('quiet', await db.timers.now()));
    expect(await of('quiet')).toMatchObject({ state: 'online', capacity: null });
    expect(await isSilent('quiet', (await db.timers.now()) + 60_000)).toBe(false);
  });

  test('is silent only once the last sign of life is older, and each sign of life moves that', async () => {
    const { clock } = await commit({ heartbeats: [beat('alive')] });
    expect(await isSilent('alive', clock)).toBe(false);
    expect(await isSilent('alive', clock + 60_000)).toBe(true);
    const later = await awaitUntil('a later sign is noted', async () => {
      await commit(sign('alive', Date.now()));
      const seen = (await of('alive'))?.lastSeen ?? 0;
      return seen > clock && seen;
    });
    expect(await isSilent('alive', later)).toBe(false);
  });

  test('is lost only if it is still silent, and a heartbeat brings it back', async () => {
    const { clock } = await commit({ heartbeats: [beat('gone')] });
    const lost = (silentBefore: number) => ({ lost: [{ server: 's', instance: 'gone', silentBefore }] });
    await commit(lost(clock));
    expect(await stateOf('gone')).toBe('online');
    await commit({ heartbeats: [beat('gone')], ...lost((await db.timers.now()) - 1) });
    expect(await stateOf('gone')).toBe('online');
    await commit(lost(clock + 60_000));
    expect(await stateOf('gone')).toBe('lost');
    expect(await isSilent('gone', clock + 120_000)).toBe(false);
    await commit({ heartbeats: [beat('gone')] });
    expect(await stateOf('gone')).toBe('online');
  });

  test('that said offline stays so, whatever updates of it are still read', async () => {
    const { clock } = await commit({ heartbeats: [beat('off', 'offline')] });
    await commit({
      ...sign('off', clock),
      lost: [{ server: 's', instance: 'off', silentBefore: clock + 60_000 }],
    });
    expect(await stateOf('off')).toBe('offline');
  });
});

describe('attempts of instances that are gone', () => {
  test('are those queued or started on what is lost, or went offline before the watermark', async () => {
    const seed = seedOf(['s.one', 's.two', 's.three', 's.four', 's.five']);
    const attempt = (invocation: string, instance: string, state: 'queued' | 'started' | 'completed') => ({
      ...{ invocation, instance, state, attempt: 1 },
    });
    const run = runOf(seed, [
      attempt('on-lost', 'lost-one', 'started'),
      attempt('on-offline', 'off-one', 'queued'),
      attempt('ended', 'lost-one', 'completed'),
      attempt('on-online', 'fine-one', 'started'),
      { state: 'invoked', invocation: 'with-nobody', attempt: 1 },
    ]);
    const { clock } = await commit({
      runs: [runChange(run, null)],
      heartbeats: [beat('lost-one'), beat('off-one', 'offline'), beat('fine-one')],
    });
    const gone = async (before: number) =>
      (await db.timers.attemptsOfGoneInstances(before, 10)).map(({ invocation }) => invocation);
    expect(await gone(clock)).toEqual([]);
    expect(await gone(clock + 60_000)).toEqual(['on-offline']);
    await commit({ lost: [{ server: 's', instance: 'lost-one', silentBefore: clock + 60_000 }] });
    expect(await gone(clock)).toEqual(['on-lost']);
    expect(await db.timers.attemptsOfGoneInstances(clock + 60_000, 10)).toEqual([
      { run: seed.run, invocation: 'on-lost', instance: 'lost-one' },
      { run: seed.run, invocation: 'on-offline', instance: 'off-one' },
    ]);
    expect(await db.timers.attemptsOfGoneInstances(clock + 60_000, 1)).toHaveLength(1);
  });

  test('a server is as well as the best of its instances that report', async () => {
    const declaration = { server: 's', tasks: [{ name: 'one' }] };
    const definition = {
      ...{ server: 's', version: null, team: null, contact: null, description: null, tasks: [], jobs: [] },
    };
    const change = { kind: 'declare', server: definition, declaration, tasks: ['s.one'] } as const;
    await commit({ registry: { read: 0, changes: [change] } });
    const [server] = await db.queries.servers();
    expect(server?.state).toBe('online');
    const shown = server?.instances.find(({ instance }) => instance === 'off-one');
    expect(shown).toMatchObject({ state: 'offline', clockSkewMs: null });
    expect(server?.instances.find(({ instance }) => instance === 'skewed')?.clockSkewMs).toBeGreaterThan(
      50_000,
    );
  });
});
