import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  awaitUntil,
  dumpTopic,
  startCerebro,
  testBroker,
  testDatabase,
  uniquePrefix,
} from '@cordyna/testkit';
import type { Api, ApiRun, DumpedRecord } from '@cordyna/testkit';
import type { JsonObject } from '@cordyna/protocol/model';
import { startIndependentServer, type IndependentServer } from './independent-process.js';

jest.setTimeout(60_000);

const upstream = {
  server: 'prices',
  version: '1.0.0',
  team: 'prices',
  tasks: [
    { name: 'extract', args: { currency: 'EUR' } },
    { name: 'broken' },
    { name: 'flaky', retry: { maxAttempts: 2, backoffMs: 50 } },
    { name: 'slow' },
    { name: 'short' },
  ],
};
const downstream = {
  server: 'reports',
  tasks: [
    { name: 'load', dependsOn: ['prices.extract'] },
    { name: 'publish', dependsOn: ['load'] },
    { name: 'after-broken', dependsOn: ['prices.broken'] },
    { name: 'after-slow', dependsOn: ['prices.slow'] },
  ],
};

const stateOf = (run: ApiRun): Record<string, string> =>
  Object.fromEntries(run.tasks.map(({ task, state }) => [task, state]));

describe.each([1, 2])(
  'a task server written against the protocol alone, with %i coordinator(s)',
  (coordinators) => {
    let brokers: readonly string[];
    let database: string;
    let prefix: string;
    let api: Api;
    let prices: IndependentServer;
    let reports: IndependentServer;

    /** What the topics say about one run, apart from the product's tables and libraries. */
    async function onTopic(
      topic: string,
      run: string,
    ): Promise<(DumpedRecord & { data: JsonObject; type: string })[]> {
      const records = await dumpTopic(brokers, `${prefix}.${topic}`);
      const events = records.map((record) => {
        const body = JSON.parse(record.value ?? '{}') as JsonObject;
        const binary = record.headers['ce_type'];
        const data = (binary ? body : body['data']) as JsonObject;
        return { ...record, data, type: String(binary ?? body['type']) };
      });
      return events.filter(({ data }) => data['run'] === run);
    }
    const executions = (run: string): string[] =>
      [...prices.executions(), ...reports.executions()]
        .filter((execution) => execution.run === run)
        .sort((a, b) => a.at.localeCompare(b.at))
        .map(({ task, attempt }) => `${task} ${attempt}`);

    beforeAll(async () => {
      brokers = (await testBroker()).brokers;
      database = (await testDatabase()).url;
      prefix = uniquePrefix();
      const env = { CORDYNA_PARTITIONS: '12' };
      const started = await Promise.all(
        Array.from({ length: coordinators }, () =>
          startCerebro({ brokers, prefix, databaseUrl: database, env }),
        ),
      );
      api = (started.at(-1) as (typeof started)[number]).api;
      [prices, reports] = await Promise.all([
        startIndependentServer({
          brokers,
          prefix,
          declaration: upstream,
          capacity: 1,
          behaviour: {
            extract: { output: { rows: 3 }, say: 'half way' },
            broken: { fail: { code: 'no_data', description: 'The exchange was closed.', retryable: false } },
            flaky: { failAttempts: 1 },
            slow: { sleepMs: 120_000 },
            short: { sleepMs: 200 },
          },
        }),
        startIndependentServer({
          brokers,
          prefix,
          declaration: downstream,
          behaviour: { load: { echo: true, output: { loaded: true } }, publish: { echo: true } },
        }),
      ]);
      await Promise.all([prices.untilReady(), reports.untilReady()]);
    }, 120_000);

    test('its tasks are in the graph, with the edges between the servers', async () => {
      const { nodes, edges } = await awaitUntil('both servers are in the graph', async () => {
        const graph = await api.graph();
        return graph.nodes.filter(({ declared }) => declared).length === 9 && graph;
      });
      expect(nodes.map(({ task, declared }) => `${task} ${declared}`).sort()).toEqual(
        [
          ...upstream.tasks.map(({ name }) => `prices.${name}`),
          ...downstream.tasks.map(({ name }) => `reports.${name}`),
        ]
          .map((task) => `${task} true`)
          .sort(),
      );
      expect(edges.map(({ from, to }) => `${from} → ${to}`).sort()).toEqual([
        'prices.broken → reports.after-broken',
        'prices.extract → reports.load',
        'prices.slow → reports.after-slow',
        'reports.load → reports.publish',
      ]);
    });

    test('a chain over two servers runs in order, once each, the outputs handed on', async () => {
      const id = await api.createRun({ task: 'prices.extract', args: { day: '2026-11-21' } });
      const run = await api.untilFinished(id);
      expect(run.state).toBe('completed');
      expect(executions(id)).toEqual(['prices.extract 1', 'reports.load 1', 'reports.publish 1']);
      const load = run.tasks.find(({ task }) => task === 'reports.load');
      expect(load?.output).toMatchObject({
        loaded: true,
        inputs: { 'prices.extract': { rows: 3 } },
        args: { day: '2026-11-21', rows: 3 },
        item: null,
      });

      const updates = (await onTopic('events', id)).filter(({ headers }) => headers['ce_type']);
      expect(updates.map(({ data, type }) => `${String(data['task'])} ${type.split('.')[2]}`)).toEqual([
        'prices.extract started',
        'prices.extract log',
        'prices.extract progress',
        'prices.extract completed',
        'reports.load started',
        'reports.load completed',
        'reports.publish started',
        'reports.publish completed',
      ]);
      expect(new Set(updates.map(({ key, partition }) => `${key} ${partition}`))).toEqual(
        new Set([`${id} ${crc32(id) % 12}`]),
      );
      const commands = [
        ...(await onTopic('commands.prices', id)),
        ...(await onTopic('commands.reports', id)),
      ];
      // They lie on several partitions; what orders them is the stamp of the commit that decided them.
      commands.sort((a, b) => a.timestampMs - b.timestampMs);
      expect(commands.map(({ data, type }) => `${type} ${String(data['task'])}`)).toEqual([
        'cordyna.task.invoke.v1 prices.extract',
        'cordyna.task.invoke.v1 reports.load',
        'cordyna.task.invoke.v1 reports.publish',
      ]);
    });

    test('a failure blocks what depends on it, with the explanation of the team', async () => {
      const id = await api.createRun({ task: 'prices.broken' });
      const run = await api.untilFinished(id);
      expect(run.state).toBe('failed');
      expect(stateOf(run)).toEqual({ 'prices.broken': 'error', 'reports.after-broken': 'blocked' });
      const [broken, blocked] = ['prices.broken', 'reports.after-broken'].map((name) =>
        run.tasks.find(({ task }) => task === name),
      );
      expect(broken?.error).toMatchObject({ code: 'no_data', description: 'The exchange was closed.' });
      expect(blocked?.blockedBy).toBe('prices.broken');
      expect(executions(id)).toEqual(['prices.broken 1']);
    });

    test('a failure that may be tried again is, under a new attempt', async () => {
      const id = await api.createRun({ task: 'prices.flaky' });
      const run = await api.untilFinished(id);
      expect(run.tasks).toMatchObject([{ task: 'prices.flaky', state: 'completed', attempt: 2 }]);
      expect(executions(id)).toEqual(['prices.flaky 1', 'prices.flaky 2']);
    });

    test('a busy server queues: each of ten runs is done once', async () => {
      const ids = await Promise.all(
        Array.from({ length: 10 }, () => api.createRun({ task: 'prices.short' })),
      );
      const runs = await Promise.all(ids.map((id) => api.untilFinished(id)));
      expect(runs.map(({ state }) => state)).toEqual(ids.map(() => 'completed'));
      expect(ids.map(executions)).toEqual(ids.map(() => ['prices.short 1']));
      expect(runs.filter(({ tasks }) => tasks[0]?.queuedAt).length).toBeGreaterThan(0);
    });

    test('a cancelled run is cancelled at once, and the server stops what it was doing', async () => {
      const id = await api.createRun({ task: 'prices.slow' });
      await awaitUntil(
        'the slow task has started',
        async () => stateOf(await api.run(id))['prices.slow'] === 'started',
      );
      await api.cancel(id);
      const run = await api.run(id);
      expect(run.state).toBe('cancelled');
      expect(stateOf(run)).toEqual({ 'prices.slow': 'cancelled', 'reports.after-slow': 'cancelled' });
      await prices.process.waitForOutput(/"task":"prices\.slow","how":"cancelled while it ran"/);
      const next = await api.untilFinished(await api.createRun({ task: 'prices.short' }));
      expect(next.state).toBe('completed');
      const updates = (await onTopic('events', id)).filter(({ headers }) => headers['ce_type']);
      expect(updates.map(({ type }) => type)).toEqual(['cordyna.task.started.v1']);
    });

    test('a declaration that closes a cycle is refused, and the server says why and ends', async () => {
      const loop = {
        server: 'loop',
        tasks: [
          { name: 'a', dependsOn: ['b'] },
          { name: 'b', dependsOn: ['a'] },
        ],
      };
      const server = await startIndependentServer({ brokers, prefix, declaration: loop });
      expect(await server.process.exited).toMatchObject({ code: 2 });
      expect(server.process.output()).toMatch(/"what":"rejected".*loop\.a.*loop\.b/);
    });
  },
);
