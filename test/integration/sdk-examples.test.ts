import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import type { InvokeCommand } from '@cordyna/protocol/model';
import { awaitUntil, startTaskServerApp, testBroker } from '@cordyna/testkit';
import type { StartedProcess } from '@cordyna/testkit';
import { FakeCoordinator } from './sdk/fake-coordinator.js';

const APPS = ['task-server-a', 'task-server-b', 'task-server-c'] as const;

describe('the example servers', () => {
  let coordinator: FakeCoordinator;
  let processes: StartedProcess[];
  beforeAll(async () => {
    coordinator = await FakeCoordinator.start(await testBroker());
    processes = await Promise.all(APPS.map((app) => startTaskServerApp(app, coordinator.broker)));
    await awaitUntil(
      'all three are online',
      () => APPS.every((app) => coordinator.statesOf(app.replace('task-', '')).includes('online')),
      { timeoutMs: 30_000 },
    );
  }, 60_000);

  const behind = (command: InvokeCommand): Promise<InvokeCommand> => {
    const last = coordinator.command({ task: 'server-c.behaves', args: { x: 1 } });
    const message = coordinator.message('server-c', EventType.taskInvoke, last);
    return coordinator.send([{ ...message, key: command.invocation }]).then(() => last);
  };

  test('declare what they do, and the edges from server-a to server-b', () => {
    const edges = coordinator.declarations.flatMap(({ data }) =>
      (data.tasks as { name: string; dependsOn?: string[]; forEach?: string }[]).flatMap((task) =>
        [...(task.dependsOn ?? []), ...(task.forEach ? [task.forEach] : [])].map(
          (from) => `${from} -> ${String(data.server)}.${task.name}`,
        ),
      ),
    );

    expect(edges.sort()).toEqual([
      'convert -> server-b.archive',
      'load -> server-b.report',
      'server-a.extract -> server-b.load',
      'server-a.list -> server-b.convert',
      'server-a.prices -> server-b.report',
    ]);
  });

  test('run tasks of both forms', async () => {
    const extract = await coordinator.invoke('server-a', 'extract', { args: { rows: 2 } });
    const load = await coordinator.invoke('server-b', 'load', {
      args: { orders: [{ order: 1, amount: 5 }] },
    });

    expect((await coordinator.completed(extract.invocation)).event.data.output).toMatchObject({
      orders: [{ amount: 10 }, { amount: 20 }],
    });
    expect((await coordinator.completed(load.invocation)).event.data.output).toEqual({ loaded: 1, total: 5 });
  });

  test('server-c says nothing about what it never acknowledges, and goes on', async () => {
    const silent = await coordinator.invoke('server-c', 'never-acknowledges', { args: { misbehave: true } });
    const last = await behind(silent);
    await coordinator.completed(last.invocation);

    expect(coordinator.states(silent.invocation)).toEqual([]);
  });

  test('server-c acknowledges and never starts', async () => {
    const held = await coordinator.invoke('server-c', 'acknowledges-and-never-starts', {
      args: { misbehave: true },
    });
    await coordinator.update(held.invocation, EventType.taskQueued);
    const last = await behind(held);
    await coordinator.completed(last.invocation);

    expect(coordinator.states(held.invocation)).toEqual(['queued']);
  });

  test('server-c starts and never ends, until it is cancelled', async () => {
    const endless = await coordinator.invoke('server-c', 'starts-and-never-ends', {
      args: { misbehave: true },
    });
    await coordinator.update(endless.invocation, EventType.taskStarted);
    const last = await behind(endless);
    await coordinator.completed(last.invocation);
    expect(coordinator.states(endless.invocation)).toEqual(['started']);
    await coordinator.cancel('server-c', endless);

    expect(await coordinator.error(endless.invocation)).toMatchObject({ code: 'cancelled' });
  });

  test('server-c fails in as many attempts as it is asked to', async () => {
    const args = { misbehave: true, failures: 2 };
    const second = await coordinator.invoke('server-c', 'fails', { args, attempt: 2 });
    const third = await coordinator.invoke('server-c', 'fails', { args, attempt: 3 });

    expect(await coordinator.error(second.invocation)).toMatchObject({
      code: 'failed_on_demand',
      description: expect.stringContaining('on purpose'),
      retryable: true,
    });
    await coordinator.completed(third.invocation);
  });

  test.each([
    'fails',
    'never-acknowledges',
    'acknowledges-and-never-starts',
    'starts-and-never-ends',
    'behaves',
  ])('%s does what it should when it is not asked to misbehave', async (task) => {
    const { invocation } = await coordinator.invoke('server-c', task, { args: { misbehave: false } });

    await coordinator.completed(invocation);
    expect(coordinator.states(invocation)).toEqual(['started', 'completed']);
  });

  test('end with code 0 on SIGTERM', async () => {
    const exits = await Promise.all(processes.map((process) => process.stop()));

    expect(exits.map(({ code }) => code)).toEqual([0, 0, 0]);
  });
});
