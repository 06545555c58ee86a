import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import { createTaskServer } from '@cordyna/task-server';
import type { TaskServer } from '@cordyna/task-server';
import { awaitUntil, privateKafka } from '@cordyna/testkit';
import type { PrivateKafka } from '@cordyna/testkit';
import { FakeCoordinator } from './sdk/fake-coordinator.js';

const OUTAGE_MS = 12_000;
const RECOVERY_MS = 40_000;

describe('a task server whose broker goes away', () => {
  let broker: PrivateKafka;
  let coordinator: FakeCoordinator;
  let server: TaskServer | undefined;
  let servers = 0;
  beforeAll(async () => {
    broker = await privateKafka();
    coordinator = await FakeCoordinator.start(broker);
  });
  afterEach(() => server?.stop());

  const runs = new Map<string, number>();
  async function start(): Promise<string> {
    const name = `outage-${(servers += 1)}`;
    server = createTaskServer({
      name,
      brokers: broker.brokers,
      topicPrefix: broker.prefix,
      concurrency: 2,
      handleSignals: false,
      log: () => undefined,
    }).task('naps', async ({ event, tools }) => {
      runs.set(event.invocation, (runs.get(event.invocation) ?? 0) + 1);
      tools.logger.info('napping');
      await delay(200);
    });
    await server.start();
    return name;
  }

  test.each([
    ['stopped and continued', () => broker.kafka.pause(), () => broker.kafka.resume()],
    ['killed and restarted', () => broker.kafka.kill(), () => broker.kafka.start()],
  ])(
    'no update is lost when the broker is %s amid work, and the server goes on afterwards',
    async (_how, away, back) => {
      const name = await start();
      const commands = await coordinator.invokeMany(
        name,
        Array.from({ length: 10 }, () => ({ task: `${name}.naps` })),
      );
      await Promise.all(
        commands.map(({ invocation }) =>
          awaitUntil('all are acknowledged', () => coordinator.states(invocation).length > 0),
        ),
      );
      await away();
      await awaitUntil(
        'the work is done while nobody hears of it',
        () => commands.every(({ invocation }) => runs.get(invocation) === 1),
        { timeoutMs: OUTAGE_MS },
      );
      // Longer than the session and the client's own retries.
      await delay(OUTAGE_MS);
      await back();

      for (const { invocation } of commands) {
        await coordinator.update(invocation, EventType.taskCompleted, RECOVERY_MS);
        expect(coordinator.states(invocation).at(-1)).toBe('completed');
        expect(runs.get(invocation)).toBe(1);
      }
      const next = await coordinator.invoke(name, 'naps');
      await coordinator.completed(next.invocation, RECOVERY_MS);
    },
    120_000,
  );

  test('a server that is started while the broker is away registers when it is back', async () => {
    await broker.kafka.kill();
    const starting = start();
    await delay(1_000);
    await broker.kafka.start();

    await coordinator.completed((await coordinator.invoke(await starting, 'naps')).invocation, RECOVERY_MS);
  }, 90_000);
});
