import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DumpedRecord, Installation, ScriptedServer } from '@cordyna/testkit';
import { awaitUntil, installation, scriptedServer, withAdmin } from '@cordyna/testkit';

jest.setTimeout(60_000);

const DAY_MS = 86_400_000;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ACK_MS = 240_000;

interface Event {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data: Record<string, unknown>;
}
const eventOf = ({ value }: DumpedRecord): Event => JSON.parse(value ?? '') as Event;
const keys = (value: unknown): string[] => Object.keys(value as object).sort();

/** Every name and type below is the protocol's own, written down a second time on purpose. */
describe('what an independent client sees', () => {
  let cordyna: Installation;
  let server: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({
      coordinators: 1,
      env: { CORDYNA_STALL_GRACE_MS: '500', CORDYNA_PARTITIONS: '12' },
    });
    const timeouts = { ackMs: ACK_MS };
    server = await scriptedServer(cordyna.brokers, cordyna.prefix, {
      server: 'shapes',
      version: '7',
      tasks: [
        { name: 'first', timeouts, args: { from: 'definition', kept: 1 } },
        { name: 'second', timeouts, dependsOn: ['first'] },
        { name: 'below', timeouts, dependsOn: ['second', 'elsewhere.unknown'] },
        { name: 'list', timeouts },
        { name: 'each', timeouts, forEach: 'list' },
        { name: 'after', timeouts, dependsOn: ['each'] },
      ],
    });
  }, 120_000);

  const facts = async (run: string): Promise<Event[]> =>
    (await cordyna.dump('events'))
      .filter(({ key }) => key === run)
      .map(eventOf)
      .filter(({ source }) => source.startsWith('/cerebro/'));

  test('topics have the settings of the protocol', async () => {
    const config = await withAdmin(cordyna.brokers, async (admin) => {
      const names = ['declarations', 'registrations', 'servers', 'commands.shapes', 'events', 'invocations'];
      const topics = [...names, 'signals', 'dead-letters'].map((name) => `${cordyna.prefix}.${name}`);
      const [{ resources }, metadata] = await Promise.all([
        admin.describeConfigs({
          includeSynonyms: false,
          resources: topics.map((name) => ({ type: 2, name })),
        }),
        admin.fetchTopicMetadata({ topics }),
      ]);
      return resources.map(({ resourceName, configEntries }) => {
        const of = (name: string) => configEntries.find(({ configName }) => configName === name)?.configValue;
        const partitions = metadata.topics.find(({ name }) => name === resourceName)?.partitions.length;
        expect(of('max.message.bytes')).toBe(String(2 * 1024 * 1024));
        const policy = of('cleanup.policy');
        const days = policy === 'delete' ? Number(of('retention.ms')) / DAY_MS : policy;
        return [
          resourceName.slice(cordyna.prefix.length + 1),
          partitions,
          days,
          of('message.timestamp.type'),
        ];
      });
    });
    expect(config).toEqual([
      ['declarations', 1, 'compact', 'CreateTime'],
      ['registrations', 1, 1, 'CreateTime'],
      ['servers', 12, 1, 'LogAppendTime'],
      ['commands.shapes', 12, 7, 'CreateTime'],
      ['events', 12, 30, 'LogAppendTime'],
      ['invocations', 12, 7, 'CreateTime'],
      ['signals', 12, 7, 'CreateTime'],
      ['dead-letters', 12, 30, 'CreateTime'],
    ]);
  });

  test('answers to declarations', async () => {
    const id = await server.declare({
      server: 'shapes',
      version: '8',
      tasks: [{ name: 'x', dependsOn: ['x'] }],
    });
    const answers = await awaitUntil('both are answered', async () => {
      const events = (await cordyna.dump('registrations')).map(eventOf);
      return events.length === 2 && events.some(({ data }) => data.declaration === id) && events;
    });
    // Answers are told apart by the declaration that they name: that of a new server waits for its command topic.
    const accepted = answers.find(({ data }) => data.declaration !== id);
    const rejected = answers.find(({ data }) => data.declaration === id);
    expect(accepted).toMatchObject({
      type: 'cordyna.server.accepted.v1',
      subject: 'shapes',
      specversion: '1.0',
    });
    expect(keys(accepted?.data)).toEqual([
      ...['declaration', 'server', 'tasks', 'unresolved', 'version', 'warnings'],
    ]);
    expect(accepted?.data).toMatchObject({ version: '7', unresolved: ['elsewhere.unknown'], warnings: [] });
    expect((accepted?.data.tasks as string[])[0]).toBe('shapes.first');
    expect(rejected?.type).toBe('cordyna.server.rejected.v1');
    expect(rejected?.data).toEqual({
      declaration: id,
      server: 'shapes',
      version: '8',
      errors: [{ code: expect.any(String), path: '/tasks/0/dependsOn/0', message: expect.any(String) }],
    });
    const { nodes, edges } = await cordyna.api.graph();
    expect(nodes.map(({ task }) => task)).toEqual(
      expect.arrayContaining(['shapes.first', 'elsewhere.unknown']),
    );
    expect(keys(nodes[0])).toEqual(['declared', 'lastState', 'server', 'task', 'unresolved']);
    expect(edges).toContainEqual({ from: 'shapes.first', to: 'shapes.second' });
  });

  test('commands, facts and the run of a task that fails', async () => {
    const run = await cordyna.api.createRun({
      task: 'shapes.first',
      args: { from: 'run', run: 1 },
      taskArgs: { 'shapes.second': { from: 'task' } },
    });
    const first = await server.untilInvoked(run, 'shapes.first');
    await server.say(first, 'started');
    await server.say(first, 'completed', { output: { from: 'output', out: 1 }, lease: 'wrong' });
    await server.say(first, 'completed', { output: { from: 'output', out: 1 } });
    await server.say(first, 'error', { error: { code: 'changed_my_mind', message: 'too late' } });
    const second = await server.untilInvoked(run, 'shapes.second');
    const error = { code: 'broken', message: 'no', description: 'ask us', retryable: false };
    await server.say(second, 'error', { error });
    const view = await cordyna.api.untilFinished(run);

    const commands = await cordyna.dump('commands.shapes');
    const record = commands.find(({ value }) => value?.includes(second.invocation)) as DumpedRecord;
    expect(record.headers['content-type']).toBe('application/cloudevents+json; charset=UTF-8');
    expect(eventOf(record)).toEqual({
      specversion: '1.0',
      id: expect.any(String),
      source: expect.stringMatching(/^\/cerebro\/./),
      type: 'cordyna.task.invoke.v1',
      time: new Date(record.timestampMs).toISOString(),
      subject: 'shapes.second',
      data: {
        invocation: second.invocation,
        run,
        task: 'shapes.second',
        attempt: 1,
        item: null,
        args: { from: 'output', run: 1, out: 1 },
        inputs: { 'shapes.first': { from: 'output', out: 1 } },
        trigger: expect.objectContaining({ kind: 'request' }),
        timeouts: { ackMs: ACK_MS, startMs: 600_000, completeMs: 1_800_000 },
        expiresAt: new Date(record.timestampMs + ACK_MS).toISOString(),
        lease: expect.any(String),
      },
    });

    const said = await awaitUntil('the end is told', async () => {
      const events = await facts(run);
      return events.some(({ type }) => type === 'cordyna.run.finished.v1') && events;
    });
    expect(new Set(said.map(({ type }) => type))).toEqual(
      new Set([
        ...['cordyna.run.created.v1', 'cordyna.task.invoked.v1', 'cordyna.task.blocked.v1'],
        ...['cordyna.run.finished.v1'],
      ]),
    );
    expect(JSON.stringify(said)).not.toContain(first.lease);
    expect(JSON.stringify(said)).not.toContain('"lease"');
    const of = (type: string) => said.find((event) => event.type === type)?.data;
    expect(of('cordyna.task.blocked.v1')).toEqual({ run, task: 'shapes.below', blockedBy: 'shapes.second' });
    expect(keys(of('cordyna.run.finished.v1'))).toEqual(['counts', 'run', 'state', 'trigger']);
    expect(of('cordyna.run.finished.v1')).toMatchObject({
      state: 'failed',
      counts: { completed: 1, error: 1 },
    });

    expect(keys(view)).toEqual(
      expect.arrayContaining(['createdAt', 'finishedAt', 'run', 'state', 'tasks', 'trigger']),
    );
    expect(view.tasks.map(({ task, state }) => [task, state])).toEqual([
      ['shapes.first', 'completed'],
      ['shapes.second', 'error'],
      ['shapes.below', 'blocked'],
    ]);
    expect(view.tasks[1]).toEqual({
      ...{ task: 'shapes.second', item: null, state: 'error', attempt: 1, server: 'shapes' },
      ...{ instance: server.instance, invokedAt: expect.stringMatching(RFC_3339), queuedAt: null },
      ...{ startedAt: null, finishedAt: expect.stringMatching(RFC_3339), output: null, error },
      ...{ blockedBy: null, reason: null },
    });
    expect(view.tasks[2]).toMatchObject({ blockedBy: 'shapes.second', error: null, attempt: 0 });
  });

  test('the history is dense, names where each row came from, and has no leases', async () => {
    const { items } = await cordyna.api.runs({ task: 'shapes.first', limit: 1 });
    const run = items[0]?.run ?? '';
    const rows = await cordyna.api.history(run);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, at) => at + 1));
    for (const row of rows) {
      expect(keys(row)).toEqual([
        ...['applied', 'at', 'attempt', 'data', 'item', 'offset', 'partition', 'reason', 'recordedAt'],
        ...['seq', 'source', 'task', 'topic', 'type'],
      ]);
    }
    const refused = rows.filter(({ applied }) => !applied);
    expect(refused.map(({ type }) => type)).toEqual(['cordyna.task.completed.v1', 'cordyna.task.error.v1']);
    expect(refused.every(({ reason, topic }) => reason && topic === `${cordyna.prefix}.events`)).toBe(true);
    expect(JSON.stringify(rows)).not.toContain('lease":"');
  });

  test('elements of a forEach, and what depends on it', async () => {
    const run = await cordyna.api.createRun({ task: 'shapes.list' });
    const list = await server.untilInvoked(run, 'shapes.list');
    await server.say(list, 'completed', { output: { items: ['a', { b: 1 }] } });
    const elements = await awaitUntil('both are invoked', () => {
      const found = server.invokes.filter((one) => one.run === run && one.task === 'shapes.each');
      return found.length === 2 && found.sort((a, b) => (a.item?.index ?? 0) - (b.item?.index ?? 0));
    });
    expect(elements.map(({ item }) => item)).toEqual([
      { index: 0, value: 'a' },
      { index: 1, value: { b: 1 } },
    ]);
    for (const element of [...elements].reverse())
      await server.say(element, 'completed', { output: { n: element.item?.index ?? -1 } });
    const after = await server.untilInvoked(run, 'shapes.after');
    expect(after.inputs).toEqual({ 'shapes.each': [{ n: 0 }, { n: 1 }] });
    expect(after.args).toEqual({});
    await server.say(after, 'completed');
    expect(await cordyna.api.untilFinished(run)).toMatchObject({ state: 'completed' });
  });

  test('a cancel follows its invoke on the same partition', async () => {
    const run = await cordyna.api.createRun({ task: 'shapes.first', scope: 'task' });
    const { invocation } = await server.untilInvoked(run, 'shapes.first');
    const answer = await cordyna.api.request('POST', `/api/v1/runs/${run}/cancel`);
    expect(answer.status).toBeLessThan(300);
    expect(await cordyna.api.run(run)).toMatchObject({ state: 'cancelled', tasks: [{ state: 'cancelled' }] });
    await awaitUntil('it is told', () => server.cancels.some((cancel) => cancel.invocation === invocation));
    const about = (await cordyna.dump('commands.shapes')).filter(({ value }) => value?.includes(invocation));
    expect(about.map((record) => eventOf(record).type)).toEqual([
      'cordyna.task.invoke.v1',
      'cordyna.task.cancel.v1',
    ]);
    expect(about[0]?.partition).toBe(about[1]?.partition);
    expect(eventOf(about[1] as DumpedRecord).data).toEqual({
      ...{ invocation, run, task: 'shapes.first', reason: expect.any(String) },
    });
    const again = await cordyna.api.request('POST', `/api/v1/runs/${run}/retry`);
    expect(again.status).toBeLessThan(300);
    expect(await server.untilInvoked(run, 'shapes.first', 2)).toMatchObject({ attempt: 2 });
    expect((await cordyna.api.request('POST', `/api/v1/runs/${run}/retry`)).status).toBe(409);
  });

  test('an instance that says offline with an open attempt: server_lost', async () => {
    const run = await cordyna.api.createRun({ task: 'shapes.first', scope: 'task' });
    const invoke = await server.untilInvoked(run, 'shapes.first');
    const beat = { server: 'shapes', instance: server.instance, capacity: 5 } as const;
    await cordyna.bus.write('servers', [cordyna.bus.heartbeat({ ...beat, state: 'online' })]);
    await server.say(invoke, 'started');
    await cordyna.bus.write('servers', [cordyna.bus.heartbeat({ ...beat, state: 'offline' })]);
    const view = await cordyna.api.untilFinished(run);
    expect(view.tasks[0]).toMatchObject({ state: 'error', error: { code: 'server_lost', retryable: true } });
    const told = await awaitUntil('it is told', async () =>
      (await facts(run)).find(({ type }) => type === 'cordyna.task.error.v1'),
    );
    expect(told.data).toMatchObject({ run, task: 'shapes.first', error: { code: 'server_lost' } });
    const shown = (await cordyna.api.servers()).find((one) => one.server === 'shapes');
    expect(keys(shown)).toEqual(expect.arrayContaining(['instances', 'server', 'state', 'tasks', 'version']));
    expect(keys(shown?.instances[0])).toEqual(['clockSkewMs', 'instance', 'lastSeen', 'state']);
    expect(shown?.instances[0]).toMatchObject({ instance: server.instance, state: 'offline' });
  });

  test('errors are problem details, and pages go on where the last one ended', async () => {
    const post = (body: unknown) => cordyna.api.request('POST', '/api/v1/runs', { body });
    const problems = await Promise.all([
      post({ task: 'shapes.unknown' }),
      post({ job: 'nobody.has-it' }),
      post({ task: 'shapes.first', args: [] }),
      post({ task: 'shapes.first', taskArgs: { 'other.task': {} } }),
      cordyna.api.request('GET', `/api/v1/runs/${randomUUID()}`),
      cordyna.api.request('GET', `/api/v1/runs/${randomUUID()}/history`),
      cordyna.api.request('POST', `/api/v1/runs/${randomUUID()}/cancel`),
      cordyna.api.request('GET', '/api/v1/nothing'),
    ]);
    expect(problems.map(({ status }) => status)).toEqual([404, 404, 422, 422, 404, 404, 404, 404]);
    for (const { status, headers, body } of problems) {
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ status, title: expect.any(String), type: expect.any(String) });
    }
    const all = (await cordyna.api.runs()).items.map(({ run }) => run);
    const paged: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await cordyna.api.runs({ limit: 1, ...(cursor === undefined ? {} : { cursor }) });
      paged.push(...page.items.map(({ run }) => run));
      if (!page.next) break;
      cursor = page.next;
    }
    expect(paged).toEqual(all);
    const openapi = await cordyna.api.request('GET', '/openapi.json');
    expect(openapi.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  });
});
