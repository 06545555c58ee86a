import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, type ServerDeclaration } from '@cordyna/protocol/model';
import { awaitUntil, createTopics, startCerebro, testBroker, testDatabase } from '@cordyna/testkit';
import type { Api, ApiGraph, StartedCerebro } from '@cordyna/testkit';
import { registryClient, type RegistryClient } from './graph/registry-client.js';

const CYCLES = 10;

/** Two servers whose tasks depend on each other's; a suffix gives each test its own. */
const sources = (suffix: string): ServerDeclaration => ({
  server: `sources-${suffix}`,
  tasks: [{ name: 'extract' }, { name: 'prices' }, { name: 'check', dependsOn: [`sinks-${suffix}.load`] }],
});
const sinks = (suffix: string): ServerDeclaration => ({
  server: `sinks-${suffix}`,
  tasks: [
    { name: 'load', dependsOn: [`sources-${suffix}.extract`] },
    { name: 'report', dependsOn: ['load', `sources-${suffix}.prices`, 'archive.store'] },
    { name: 'each', forEach: `sources-${suffix}.extract` },
  ],
});

/** The part of the graph that belongs to a suffix, as text without it. */
function partOf({ nodes, edges }: ApiGraph, suffix: string): { nodes: string[]; edges: string[] } {
  const own = (task: string): boolean => task.split('.')[0]?.endsWith(`-${suffix}`) ?? false;
  const short = (task: string): string => task.replace(`-${suffix}.`, '.');
  return {
    nodes: nodes
      .filter(({ task }) => own(task))
      .map(({ task, server, declared, unresolved }) => {
        const of = server === task.split('.')[0] ? '' : ` of ${server}`;
        return `${short(task)}${of}${declared ? '' : ' undeclared'} ${(unresolved as string[]).map(short).join()}`.trim();
      })
      .sort(),
    edges: edges
      .filter(({ from, to }) => own(from) || own(to))
      .map(({ from, to }) => `${short(from)} → ${short(to)}`)
      .sort(),
  };
}

const WHOLE = {
  nodes: [
    'sinks.each',
    'sinks.load',
    'sinks.report archive.store',
    'sources.check',
    'sources.extract',
    'sources.prices',
  ],
  edges: [
    'archive.store → sinks.report',
    'sinks.load → sinks.report',
    'sinks.load → sources.check',
    'sources.extract → sinks.each',
    'sources.extract → sinks.load',
    'sources.prices → sinks.report',
  ],
};

describe.each([1, 2])('the graph, with %i coordinator(s)', (coordinators) => {
  let started: readonly StartedCerebro[] = [];
  let apis: readonly Api[];
  let registry: RegistryClient;

  beforeAll(async () => {
    const [{ brokers, prefix }, database] = await Promise.all([testBroker(), testDatabase()]);
    // Made by somebody else with two partitions, so that two coordinators decide about declarations at the same time.
    const topic = `${prefix}.declarations`;
    await createTopics(brokers, [{ topic, numPartitions: 2 }]);
    started = await Promise.all(
      Array.from({ length: coordinators }, () =>
        startCerebro({ brokers, prefix, databaseUrl: database.url, readyMs: 60_000 }),
      ),
    );
    apis = started.map(({ api }) => api);
    registry = await registryClient(brokers, prefix);
  }, 90_000);

  afterAll(async () => void (await Promise.all(started.map(({ process }) => process.stop()))), 30_000);

  /** What every coordinator tells, which must be the same. */
  async function told(suffix: string): Promise<{ nodes: string[]; edges: string[] }> {
    const parts = await Promise.all(apis.map(async (api) => partOf(await api.graph(), suffix)));
    for (const part of parts) expect(part).toEqual(parts[0]);
    return parts[0] as { nodes: string[]; edges: string[] };
  }
  const untilTold = (suffix: string, wanted: object): Promise<unknown> =>
    awaitUntil('the graph is the expected one', async () => {
      const found = await told(suffix);
      expect(found).toEqual(wanted);
      return true;
    });
  const both = async (suffix: string): Promise<void> => {
    await Promise.all([registry.declare(sources(suffix), 0), registry.declare(sinks(suffix), 1)]);
  };

  test('is empty before anything is declared', async () => {
    for (const api of apis) expect(await api.graph()).toEqual({ nodes: [], edges: [] });
  });

  test('is the same whether the one server is declared first, or the other, or both at once', async () => {
    const first = await registry.declare(sources('x'));
    expect(first).toMatchObject({
      type: EventType.serverAccepted,
      data: {
        server: 'sources-x',
        tasks: ['sources-x.extract', 'sources-x.prices', 'sources-x.check'],
        unresolved: ['sinks-x.load'],
      },
    });
    expect((await registry.declare(sinks('x'))).data.unresolved).toEqual(['archive.store']);
    expect(await told('x')).toEqual(WHOLE);

    await registry.declare(sinks('y'));
    expect(await told('y')).toEqual({
      nodes: [
        'sinks.each sources.extract',
        'sinks.load sources.extract',
        'sinks.report archive.store,sources.prices',
        'sources.extract undeclared',
        'sources.prices undeclared',
      ],
      edges: WHOLE.edges.filter((edge) => edge !== 'sinks.load → sources.check'),
    });
    await registry.declare(sources('y'));
    expect(await told('y')).toEqual(WHOLE);

    await both('z');
    expect(await told('z')).toEqual(WHOLE);
  });

  test('follows a changed declaration, and an equal one changes nothing and is answered', async () => {
    await both('changed');
    const again = await registry.declare(sinks('changed'));
    expect(again.type).toBe(EventType.serverAccepted);
    expect(await told('changed')).toEqual(WHOLE);
    const changed = await registry.declare({
      server: 'sources-changed',
      tasks: [
        { name: 'extract', dependsOn: ['fetch'] },
        { name: 'fetch' },
        { name: 'check', dependsOn: ['extract'] },
      ],
    });
    expect(changed.type).toBe(EventType.serverAccepted);
    expect(await told('changed')).toEqual({
      nodes: [
        'sinks.each',
        'sinks.load',
        'sinks.report archive.store,sources.prices',
        'sources.check',
        'sources.extract',
        'sources.fetch',
        'sources.prices undeclared',
      ],
      edges: [
        'archive.store → sinks.report',
        'sinks.load → sinks.report',
        'sources.extract → sinks.each',
        'sources.extract → sinks.load',
        'sources.extract → sources.check',
        'sources.fetch → sources.extract',
        'sources.prices → sinks.report',
      ],
    });
    await registry.declare(sources('changed'));
    expect(await told('changed')).toEqual(WHOLE);
  });

  test('keeps of a withdrawn server only what others depend on, and is whole again when it comes back', async () => {
    await both('gone');
    await registry.withdraw('sources-gone');
    await untilTold('gone', {
      nodes: [
        'sinks.each sources.extract',
        'sinks.load sources.extract',
        'sinks.report archive.store,sources.prices',
        'sources.extract undeclared',
        'sources.prices undeclared',
      ],
      edges: WHOLE.edges.filter((edge) => edge !== 'sinks.load → sources.check'),
    });
    await registry.withdraw('sinks-gone');
    await untilTold('gone', { nodes: [], edges: [] });
    await both('gone');
    expect(await told('gone')).toEqual(WHOLE);
  });

  test('has no cycle that two servers close only together: one of them is refused, with the way round', async () => {
    const sides = ['one', 'two'] as const;
    const decidedBy = new Set<string>();
    for (let round = 0; round < CYCLES; round++) {
      const name = (side: string): string => `${side}-loop${round}`;
      const answers = await Promise.all(
        sides.map((side, partition) => {
          const other = name(sides[1 - partition] as string);
          const tasks = [{ name: 'own' }, { name: 'task', dependsOn: ['own', `${other}.task`] }];
          return registry.declare({ server: name(side), tasks }, partition);
        }),
      );
      const [accepted, rejected] = [...answers].sort((a, b) => a.type.localeCompare(b.type));
      expect([accepted?.type, rejected?.type]).toEqual([EventType.serverAccepted, EventType.serverRejected]);
      const cycle = `one-loop${round}.task → two-loop${round}.task → one-loop${round}.task`;
      expect(rejected?.data.errors).toEqual([
        { code: 'cycle', path: '/tasks/1/dependsOn/1', message: expect.stringContaining(cycle) },
      ]);
      for (const { source } of answers) decidedBy.add(source);
      const winner = accepted?.data.server.split('-')[0] as string;
      const loser = winner === 'one' ? 'two' : 'one';
      expect(await told(`loop${round}`)).toEqual({
        nodes: [`${loser}.task undeclared`, `${winner}.own`, `${winner}.task ${loser}.task`].sort(),
        edges: [`${loser}.task → ${winner}.task`, `${winner}.own → ${winner}.task`].sort(),
      });
    }
    expect(decidedBy.size).toBe(coordinators);
  }, 60_000);

  test('stays as it was when a changed declaration would close a cycle', async () => {
    await both('kept');
    const extract = { name: 'extract', dependsOn: ['sinks-kept.report', 'prices'] };
    const refused = await registry.declare({ server: 'sources-kept', tasks: [{ name: 'prices' }, extract] });
    expect(refused).toMatchObject({
      type: EventType.serverRejected,
      data: { server: 'sources-kept', errors: [{ code: 'cycle', path: '/tasks/1/dependsOn/0' }] },
    });
    expect(await told('kept')).toEqual(WHOLE);
  });

  test('is known to every coordinator at once: a run of a task that was just accepted is refused by none', async () => {
    for (let round = 0; round < 5; round++) {
      await registry.declare({ server: `fresh${round}`, tasks: [{ name: 'task' }] }, round % 2);
      const runs = await Promise.all(apis.map((api) => api.createRun({ task: `fresh${round}.task` })));
      expect(new Set(runs).size).toBe(coordinators);
    }
  });
});
