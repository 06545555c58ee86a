import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { awaitUntil, testBroker, uniquePrefix } from '@cordyna/testkit';
import {
  startIndependentServer,
  type IndependentOptions,
  type IndependentServer,
} from './independent-process.js';
import { ScriptedCoordinator } from './scripted-coordinator.js';

jest.setTimeout(60_000);

const SERVER = 'solo';
const TASKS = ['quick', 'slow', 'broken', 'chatty'].map((name) => ({ name }));
const TASK_NAMES = TASKS.map(({ name }) => `${SERVER}.${name}`);

let brokers: readonly string[];
beforeAll(async () => {
  brokers = (await testBroker()).brokers;
});

async function start(
  more: Partial<IndependentOptions> = {},
): Promise<[ScriptedCoordinator, IndependentServer]> {
  const prefix = uniquePrefix();
  const coordinator = await ScriptedCoordinator.start(brokers, prefix, SERVER);
  const server = await startIndependentServer({
    brokers,
    prefix,
    declaration: { server: SERVER, tasks: TASKS },
    behaviour: {
      quick: { output: { rows: 3 } },
      slow: { sleepMs: 60_000 },
      broken: { fail: { code: 'no_data', description: 'the source is empty', retryable: false } },
      chatty: { say: 'half way' },
    },
    ...more,
  });
  return [coordinator, server];
}

async function ready(more?: Partial<IndependentOptions>): Promise<[ScriptedCoordinator, IndependentServer]> {
  const [coordinator, server] = await start(more);
  await coordinator.accept((await coordinator.declaration()).id, TASK_NAMES);
  await server.untilReady();
  return [coordinator, server];
}

describe('registering', () => {
  test('it declares again until its own declaration is answered, and takes the answer to nobody else', async () => {
    const [coordinator, server] = await start({ answerMs: 1_000 });
    const first = await coordinator.declaration();
    await coordinator.accept('somebody-elses', TASK_NAMES);
    const second = await coordinator.declaration(2);
    expect(second.id).not.toBe(first.id);
    expect(second.key).toBe(SERVER);
    expect(second.data).toEqual(first.data);
    expect(server.process.output()).not.toContain('"what":"accepted"');
    await coordinator.accept(second.id, TASK_NAMES);
    await server.untilReady();
  });

  test('a rejected declaration ends it with every error shown', async () => {
    const [coordinator, server] = await start();
    const errors = [
      { code: 'cycle', path: '/tasks/0/dependsOn/0', message: 'solo.quick → solo.quick' },
      { code: 'duplicate_name', path: '/tasks/1/name', message: 'slow is there twice' },
    ];
    const { id } = await coordinator.declaration();
    await coordinator.answer(id, 'cordyna.server.rejected.v1', { errors });
    expect(await server.process.exited).toMatchObject({ code: 2 });
    for (const { message } of errors) expect(server.process.output()).toContain(message);
  });
});

describe('running', () => {
  let coordinator: ScriptedCoordinator;
  let server: IndependentServer;
  const executionsOf = (invocation: string): number =>
    server.executions().filter((execution) => execution.invocation === invocation).length;

  beforeAll(async () => {
    [coordinator, server] = await ready();
  });

  test('an invoke is started and completed, in binary mode, under the run id, where CRC32 puts it', async () => {
    const invoke = await coordinator.invoke(`${SERVER}.quick`);
    await coordinator.until(invoke.invocation, ['started', 'completed']);
    const [started, completed] = coordinator.of(invoke.invocation);
    expect(started?.headers).toMatchObject({ ce_specversion: '1.0', 'content-type': 'application/json' });
    expect(started?.headers['ce_source']).toMatch(/^\/servers\/solo\/./);
    expect(started?.key).toBe(invoke.run);
    expect(started?.partition).toBe(crc32(invoke.run) % 12);
    const { invocation, run, task, attempt, lease } = invoke;
    expect(completed?.data).toMatchObject({ invocation, run, task, attempt, lease, output: { rows: 3 } });
    expect(executionsOf(invocation)).toBe(1);
  });

  test('an invoke that comes twice runs once', async () => {
    const invoke = await coordinator.invoke(`${SERVER}.quick`);
    await coordinator.command('cordyna.task.invoke.v1', invoke);
    const after = await coordinator.invoke(`${SERVER}.quick`);
    await coordinator.until(after.invocation, ['started', 'completed']);
    expect(coordinator.updates(invoke.invocation)).toEqual(['started', 'completed']);
    expect(executionsOf(invoke.invocation)).toBe(1);
  });

  test('one that expired before it was seen is not begun and gets no update', async () => {
    const expired = new Date(Date.now() - 3_000).toISOString();
    const late = await coordinator.invoke(`${SERVER}.quick`, { expiresAt: expired });
    const after = await coordinator.invoke(`${SERVER}.quick`);
    await coordinator.until(after.invocation, ['started', 'completed']);
    expect(coordinator.updates(late.invocation)).toEqual([]);
    expect(executionsOf(late.invocation)).toBe(0);
  });

  test('a failure ends in one error with the code and the explanation of the team', async () => {
    const invoke = await coordinator.invoke(`${SERVER}.broken`);
    await coordinator.until(invoke.invocation, ['started', 'error']);
    expect(coordinator.of(invoke.invocation)[1]?.data['error']).toEqual({
      code: 'no_data',
      message: 'solo.broken was told to fail',
      description: 'the source is empty',
      retryable: false,
    });
  });

  test('a task that it does not know ends in unknown_task', async () => {
    const invoke = await coordinator.invoke(`${SERVER}.nowhere`);
    await coordinator.until(invoke.invocation, ['error']);
    expect(coordinator.of(invoke.invocation)[0]?.data['error']).toMatchObject({ code: 'unknown_task' });
  });

  test('what cannot be read and command types of tomorrow stop nothing', async () => {
    await coordinator.raw('{"half":');
    await coordinator.raw(null);
    await coordinator.command('cordyna.task.paint.v7', { colour: 'green' });
    const invoke = await coordinator.invoke(`${SERVER}.chatty`);
    await coordinator.until(invoke.invocation, ['started', 'log', 'progress', 'completed']);
  });

  test('a cancel stops what runs, and one that comes first keeps it from beginning', async () => {
    const running = await coordinator.invoke(`${SERVER}.slow`);
    await awaitUntil('the slow task runs', () => executionsOf(running.invocation) === 1);
    await coordinator.cancel(running);
    await server.process.waitForOutput(new RegExp(`${running.invocation}.*cancelled while it ran`));

    const early = { invocation: 'early-1', run: 'r', task: `${SERVER}.quick` };
    await coordinator.cancel(early);
    await coordinator.invoke(early.task, early);
    const after = await coordinator.invoke(`${SERVER}.quick`);
    await coordinator.until(after.invocation, ['started', 'completed']);
    expect(coordinator.updates(running.invocation)).toEqual(['started']);
    expect(coordinator.updates('early-1')).toEqual([]);
    expect(executionsOf('early-1')).toBe(0);
  });
});

test('a busy server queues, keeps the order, drops what is cancelled or has waited too long', async () => {
  const [coordinator, server] = await ready({ capacity: 1, behaviour: { quick: { sleepMs: 1_000 } } });
  const first = await coordinator.invoke(`${SERVER}.quick`);
  await coordinator.until(first.invocation, ['started']);
  const cancelled = await coordinator.invoke(`${SERVER}.quick`);
  const timeouts = { ackMs: 10_000, startMs: 100, completeMs: 1_000 };
  const impatient = await coordinator.invoke(`${SERVER}.quick`, { timeouts });
  const last = await coordinator.invoke(`${SERVER}.quick`);
  await coordinator.cancel(cancelled);
  await coordinator.until(last.invocation, ['queued', 'started', 'completed']);
  expect(coordinator.updates(first.invocation)).toEqual(['started', 'completed']);
  expect(coordinator.updates(cancelled.invocation)).toEqual(['queued']);
  expect(coordinator.updates(impatient.invocation)).toEqual(['queued']);
  expect(server.executions().map(({ invocation }) => invocation)).toEqual([
    first.invocation,
    last.invocation,
  ]);
});

test('on SIGTERM it hands back what it has not begun and finishes what it has', async () => {
  const [coordinator, server] = await ready({ capacity: 1, behaviour: { quick: { sleepMs: 2_000 } } });
  const running = await coordinator.invoke(`${SERVER}.quick`);
  const waiting = await coordinator.invoke(`${SERVER}.quick`);
  await coordinator.until(waiting.invocation, ['queued']);
  const exit = await server.process.stop();
  expect(exit).toMatchObject({ code: 0 });
  await coordinator.until(running.invocation, ['started', 'completed']);
  await coordinator.until(waiting.invocation, ['queued', 'error']);
  expect(coordinator.of(waiting.invocation)[1]?.data['error']).toMatchObject({ code: 'returned' });
  expect(server.executions()).toHaveLength(1);
});

test('commands are committed once they are acknowledged: a new instance begins after them', async () => {
  const [coordinator, server] = await ready();
  const prefix = coordinator.prefix;
  const done = await coordinator.invoke(`${SERVER}.quick`);
  await coordinator.until(done.invocation, ['started', 'completed']);
  await server.process.stop();
  const waiting = await coordinator.invoke(`${SERVER}.quick`);
  const next = await startIndependentServer({
    brokers,
    prefix,
    declaration: { server: SERVER, tasks: TASKS },
  });
  await coordinator.accept((await coordinator.declaration(2)).id, TASK_NAMES);
  await coordinator.until(waiting.invocation, ['started', 'completed']);
  expect(next.executions().map(({ invocation }) => invocation)).toEqual([waiting.invocation]);
});
