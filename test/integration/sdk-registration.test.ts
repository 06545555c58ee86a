import { afterEach, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import { createTaskServer } from '@cordyna/task-server';
import type { TaskServer } from '@cordyna/task-server';
import { awaitUntil, testBroker } from '@cordyna/testkit';
import { FakeCoordinator } from './sdk/fake-coordinator.js';

describe('a task server whose Cerebro is not ready', () => {
  let server: TaskServer | undefined;
  afterEach(() => server?.stop());

  const create = ({ brokers, prefix }: { brokers: readonly string[]; prefix: string }): TaskServer =>
    (server = createTaskServer({
      name: 'early',
      brokers,
      topicPrefix: prefix,
      handleSignals: false,
      log: () => undefined,
    }).task('works', () => ({})));

  test('rule 1: without an answer in 10 s it declares again, and takes the answer to that', async () => {
    const coordinator = await FakeCoordinator.start(await testBroker());
    coordinator.answer = 'none';
    const starting = create(coordinator.broker).start();

    await awaitUntil('it declares', () => coordinator.declarations.length === 1);
    const declaredAt = performance.now();
    coordinator.answer = 'accept';
    await starting;

    expect(coordinator.declarations).toHaveLength(2);
    expect(coordinator.declarations[0]!.id).not.toBe(coordinator.declarations[1]!.id);
    expect(performance.now() - declaredAt).toBeGreaterThan(9_000);
  }, 60_000);

  test('a server that is started before the topics exist registers when Cerebro has created them', async () => {
    const coordinator = FakeCoordinator.on(await testBroker());
    const starting = create(coordinator.broker).start();
    await coordinator.createTopics();
    await coordinator.listen();

    expect(await starting).toMatchObject({ tasks: ['early.works'] });
    const { invocation } = await coordinator.invoke('early', 'works');
    await coordinator.completed(invocation);
  });

  test('a dead letter that cannot be written yet holds up no update', async () => {
    const coordinator = FakeCoordinator.on(await testBroker());
    const { deadLetters, commands } = coordinator.topics;
    await coordinator.createTopics((topic) => topic !== deadLetters);
    await coordinator.listen();
    await create(coordinator.broker).start();

    const broken = { topic: commands('early'), partition: 0, key: null, value: 'no JSON' };
    await coordinator.send([broken]);
    const command = coordinator.command({ task: 'early.works' });
    await coordinator.send([
      { ...coordinator.message('early', EventType.taskInvoke, command), partition: 1 },
    ]);
    await coordinator.completed(command.invocation, 3_000);

    const behind = coordinator.command({ task: 'early.works' });
    await coordinator.send([{ ...coordinator.message('early', EventType.taskInvoke, behind), partition: 0 }]);
    await coordinator.createTopics();
    await coordinator.listenToDeadLetters();
    await awaitUntil('the dead letter arrives', () => coordinator.deadLetters.length > 0, {
      timeoutMs: 20_000,
    });
    await coordinator.completed(behind.invocation);
    expect(coordinator.deadLetters).toHaveLength(1);
  }, 60_000);
});
