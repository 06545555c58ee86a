import { describe, expect, test } from '@jest/globals';
import { EventType, serverOf } from '@cordyna/protocol/model';
import type { Setting, Tasks } from './setting.js';
import { randomGraph } from './random-graph.js';

/** task → what it depends on, all qualified */
export type Edges = ReadonlyMap<string, readonly string[]>;

const SMALL: Readonly<Record<string, Tasks>> = {
  chain: {
    a: {},
    b: { dependsOn: ['a'] },
    c: { dependsOn: ['chain-over.b'] },
  },
  'chain-over': { b: { dependsOn: ['chain.b'] }, d: { dependsOn: ['chain.c'] } },
  diamond: {
    top: {},
    bottom: { dependsOn: ['left', 'diamond-over.right'] },
    left: { dependsOn: ['top'] },
    last: { dependsOn: ['bottom', 'top'] },
  },
  'diamond-over': { right: { dependsOn: ['diamond.top'] }, beside: { dependsOn: ['diamond.last', 'right'] } },
};
const EDGES: Readonly<Record<string, readonly string[]>> = {
  'chain.a': [],
  'chain.b': ['chain.a'],
  'chain-over.b': ['chain.b'],
  'chain.c': ['chain-over.b'],
  'chain-over.d': ['chain.c'],
  'diamond.top': [],
  'diamond.left': ['diamond.top'],
  'diamond-over.right': ['diamond.top'],
  'diamond.bottom': ['diamond.left', 'diamond-over.right'],
  'diamond.last': ['diamond.bottom', 'diamond.top'],
  'diamond-over.beside': ['diamond.last', 'diamond-over.right'],
};
const edgesOf = (prefix: string): Edges =>
  new Map(Object.entries(EDGES).filter(([task]) => task.startsWith(prefix)));

/** What the topics and the handlers say about the order of one run. */
async function expectOrder(setting: Setting, run: string, edges: Edges): Promise<void> {
  const servers = [...new Set([...edges.keys()].map(serverOf))];
  const invokes = await setting.invokes(run, servers);
  expect(invokes.map(({ command }) => `${command.task} ${command.attempt}`).sort()).toEqual(
    [...edges.keys()].map((task) => `${task} 1`).sort(),
  );
  const events = await setting.said('events', run);
  // All that is said of a run lies on one partition: there offsets tell what came first.
  expect(new Set(events.map(({ record }) => record.partition)).size).toBe(1);
  const offsets = (type: string): ReadonlyMap<unknown, bigint> =>
    new Map(
      events.filter((said) => said.type === type).map(({ data, record }) => [data['task'], record.offset]),
    );
  const invokedAt = offsets(EventType.taskInvoked);
  const completions = events.filter(({ type }) => type === EventType.taskCompleted);
  const completed = new Map(completions.map((said) => [said.data['task'], said]));
  const calls = setting.calls.filter((call) => call.run === run).map(({ what, task }) => `${what} ${task}`);
  const problems: string[] = [];
  for (const { record, command } of invokes) {
    const { task } = command;
    const dependencies = edges.get(task) ?? [];
    if (record.topic !== `${setting.prefix}.commands.${serverOf(task)}`)
      problems.push(`${task} on ${record.topic}`);
    if (Object.keys(command.inputs).sort().join() !== [...dependencies].sort().join())
      problems.push(`${task} got the outputs of ${Object.keys(command.inputs).join()}`);
    for (const dependency of dependencies) {
      const done = completed.get(dependency)?.record;
      if (!done || done.timestampMs > record.timestampMs)
        problems.push(`${task} was stamped before ${dependency}`);
      if (!done || done.offset >= (invokedAt.get(task) ?? -1n)) problems.push(`${task} before ${dependency}`);
      if (calls.indexOf(`end ${dependency}`) > calls.indexOf(`begin ${task}`))
        problems.push(`${task} ran before ${dependency} had`);
      const output = completed.get(dependency)?.data['output'];
      if (JSON.stringify(command.inputs[dependency]) !== JSON.stringify(output))
        problems.push(`${task} got another output of ${dependency}`);
    }
  }
  expect(problems).toEqual([]);
  expect(completions.length).toBe(edges.size);
  expect(calls.filter((call) => call.startsWith('begin')).length).toBe(edges.size);
}

export function order(setting: Setting): void {
  describe('invocations', () => {
    const random = randomGraph({ tasks: 200, servers: ['red', 'green', 'blue', 'grey'], seed: 20_261_121 });

    for (const [name, tasks] of Object.entries({ ...SMALL, ...random.servers })) setting.server(name, tasks);

    test('go along a chain over two servers, each to its own, each after the completion of the one before', async () => {
      const run = await setting.run({ task: 'chain.a' });
      expect(run.state).toBe('completed');
      await expectOrder(setting, run.run, edgesOf('chain'));
    });

    test('go through a diamond over two servers after all that each depends on', async () => {
      const run = await setting.run({ task: 'diamond.top' });
      expect(run.state).toBe('completed');
      await expectOrder(setting, run.run, edgesOf('diamond'));
    });

    test('begin in the middle of a graph with what lies downstream, and with nothing else', async () => {
      const run = await setting.run({ task: 'chain-over.b', scope: 'downstream' });
      // chain.b, on which it depends, is outside the run: its completion of the first test is fresh no more.
      const states = run.tasks.map(({ task, state, reason }) => `${task} ${state} ${reason ?? ''}`);
      expect(states).toEqual(
        ['chain-over.b', 'chain.c', 'chain-over.d'].map((task) => `${task} skipped waiting for chain.b`),
      );
    });

    test('go through 200 random tasks on four servers after all that each depends on', async () => {
      const id = await setting.api.createRun({ task: random.root });
      const run = await setting.finished(id, 60_000);
      expect(run.state).toBe('completed');
      expect(run.tasks.length).toBe(200);
      await expectOrder(setting, id, random.edges);
    }, 120_000);
  });
}
