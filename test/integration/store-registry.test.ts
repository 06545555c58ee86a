import { declare, emptyRegistry, registryOf, type DeclaredServer, type Registry } from '@cordyna/engine';
import type { ServerDeclaration } from '@cordyna/protocol/model';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Conflict,
  type Changes,
  type RegistryChange,
} from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  changesOf,
  needsOf,
  runChange,
  runOf,
  seedOf,
  taskRun,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
const registryIn = async (store = db.store) => (await store.load(needsOf({ registry: true }))).registry;
const freshnessOf = async (...tasks: string[]) =>
  (await db.store.load(needsOf({ freshness: tasks }))).freshness;

function declared(
  registry: Registry,
  declaration: ServerDeclaration,
): { server: DeclaredServer; change: RegistryChange } {
  const result = declare(registry, declaration, { schemaErrors: () => [], cronErrors: () => [] });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const { server, tasks } = result;
  return { server, change: { kind: 'declare', server, declaration, tasks } };
}

const A: ServerDeclaration = {
  server: 'server-a',
  version: '1.4.0',
  team: 'prices',
  tasks: [
    { name: 'extract', everyMs: 60_000, args: { deep: [{ a: null }] }, retry: { maxAttempts: 3 } },
    {
      name: 'load',
      dependsOn: ['extract', 'server-b.list'],
      forEach: 'server-b.list',
      argsSchema: { type: 'object' },
    },
  ],
  jobs: [{ name: 'nightly', tasks: [{ task: 'server-a.extract', args: { x: 1 } }] }],
};
const B: ServerDeclaration = { server: 'server-b', tasks: [{ name: 'list' }] };

describe('the registry', () => {
  test('is empty with version 0 before the first declaration', async () => {
    expect(await registryIn()).toEqual({ version: 0, value: emptyRegistry() });
  });

  test('is rebuilt as it was declared, by every store, and its version moves once per commit', async () => {
    const a = declared(emptyRegistry(), A);
    const b = declared(registryOf([a.server]), B);
    const other = db.another().store;
    await registryIn(other);
    await commit({ registry: { read: 0, changes: [b.change, a.change] } });
    const expected = { version: 1, value: registryOf([a.server, b.server]) };
    expect(await registryIn()).toEqual(expected);
    expect(await registryIn(other)).toEqual(expected);
    expect(await registryIn(other)).toEqual(expected);
  });

  test('every declared task has a freshness of version 0 to lock', async () => {
    expect(
      [
        ...(
          await freshnessOf('server-a.extract', 'server-a.load', 'server-b.list', 'server-x.none')
        ).values(),
      ].map(({ version }) => version),
    ).toEqual([0, 0, 0]);
  });

  test('a decision that looked at another version is a conflict, and so is a change over another version', async () => {
    await commit({ registry: { read: 1, changes: [] } });
    await expect(commit({ registry: { read: 0, changes: [] } })).rejects.toThrow(Conflict);
    const { change } = declared(emptyRegistry(), B);
    await expect(commit({ registry: { read: 0, changes: [change] } })).rejects.toThrow(Conflict);
    expect((await registryIn())?.version).toBe(1);
  });

  test('a withdrawn server is gone from it, is shown as withdrawn, and comes back when it is declared again', async () => {
    const a = declared(emptyRegistry(), A);
    const b = declared(emptyRegistry(), { ...B, description: 'once more' });
    await commit({ registry: { read: 1, changes: [b.change, { kind: 'withdraw', server: 'server-b' }] } });
    expect((await registryIn())?.value).toEqual(registryOf([a.server]));
    expect(await db.queries.servers()).toMatchObject([
      {
        server: 'server-a',
        state: 'declared',
        version: '1.4.0',
        team: 'prices',
        tasks: ['server-a.extract', 'server-a.load'],
      },
      { server: 'server-b', state: 'withdrawn', tasks: [] },
    ]);
    await commit({ registry: { read: 2, changes: [{ kind: 'withdraw', server: 'server-b' }, b.change] } });
    expect(await registryIn()).toEqual({ version: 3, value: registryOf([a.server, b.server]) });
    expect((await db.queries.servers())[1]).toMatchObject({
      state: 'declared',
      description: 'once more',
      tasks: ['server-b.list'],
    });
  });

  test('of two coordinators that declare over the same version one is told to look again', async () => {
    const version = (await registryIn())?.version ?? 0;
    const { change } = declared(emptyRegistry(), B);
    const both = [db.store, db.another().store].map((store) =>
      store.commit(changesOf({ registry: { read: version, changes: [change] } })),
    );
    const settled = await Promise.allSettled(both);
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toEqual([expect.any(Conflict)]);
    expect((await registryIn())?.version).toBe(version + 1);
  });
});

test('a task run that waits for capacity is found by the server that it waits for', async () => {
  const seed = seedOf(['w.one']);
  expect(taskRun(0).state).toBe('pending');
  await commit({ runs: [runChange(runOf(seed, [{ reason: 'waiting for capacity of w' }]), null)] });
  expect((await db.timers.runsWaitingPerServer(10)).get('w')).toMatchObject([{ run: seed.run }]);
});
