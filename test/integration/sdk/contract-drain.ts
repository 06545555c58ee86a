import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import type { InvokeCommand } from '@cordyna/protocol/model';
import { awaitUntil } from '@cordyna/testkit';
import type { FakeCoordinator } from './fake-coordinator.js';
import type { StartForm } from './forms.js';
import { Probe } from './probe-tasks.js';
import { Setting } from './setting.js';

/** Rules 4 and 10: instances that come and go. */
export function drainContract(form: StartForm): void {
  describe('instances that come and go', () => {
    let setting: Setting;
    let coordinator: FakeCoordinator;
    beforeAll(async () => {
      setting = await Setting.open(form);
      coordinator = setting.coordinator;
    });
    afterEach(() => setting.stopAll());

    test('rule 10: a server that stops hands back its queue, finishes the rest, and then says offline', async () => {
      const started = await setting.start({ concurrency: 1 });
      const { name, probe } = started;
      const running = await coordinator.invoke(name, 'holds');
      await coordinator.update(running.invocation, EventType.taskStarted);
      const waiting = await coordinator.invokeMany(
        name,
        Array.from({ length: 5 }, () => ({ task: `${name}.holds` })),
      );
      await Promise.all(
        waiting.map(({ invocation }) => coordinator.update(invocation, EventType.taskQueued)),
      );

      const stopped = started.stop();
      for (const { invocation } of waiting) {
        expect(await coordinator.error(invocation)).toMatchObject({ code: 'returned' });
      }
      expect(coordinator.states(running.invocation)).toEqual(['started']);
      expect(coordinator.statesOf(name).at(-1)).toBe('draining');
      probe.release();
      await stopped;

      await coordinator.completed(running.invocation);
      await awaitUntil('it says offline', () => coordinator.statesOf(name).at(-1) === 'offline');
      expect(probe.runs).toHaveLength(1);
    });

    test('rule 10: after its time to drain a handler is told by its signal', async () => {
      const started = await setting.start({ drainMs: 200 });
      const command = await coordinator.invoke(started.name, 'obeys');
      await coordinator.update(command.invocation, EventType.taskStarted);

      await started.stop();

      expect(await coordinator.error(command.invocation)).toMatchObject({
        code: 'cancelled',
        retryable: true,
      });
      await awaitUntil('it says offline', () => coordinator.statesOf(started.name).at(-1) === 'offline');
    });

    test('rule 4: what was acknowledged is not delivered again, though it still runs when the server comes back', async () => {
      const first = await setting.start();
      const command = await coordinator.invoke(first.name, 'holds');
      await coordinator.update(command.invocation, EventType.taskStarted);
      const stopped = first.stop();
      const second = await setting.start({ name: first.name });
      const other = await coordinator.invoke(first.name, 'echo', {});
      await coordinator.completed(other.invocation);
      first.probe.release();
      await stopped;
      await coordinator.completed(command.invocation);

      expect(first.probe.runsOf(command.invocation)).toBe(1);
      expect(second.probe.runsOf(command.invocation)).toBe(0);
    });

    test('instances that join and leave amid 500 invocations: each runs once and ends once', async () => {
      const probe = new Probe();
      const name = setting.newName();
      const options = { name, concurrency: 4, queueLimit: 2_000 };
      const first = await setting.start(options, probe);
      const send = (count: number) =>
        coordinator.invokeMany(
          name,
          Array.from({ length: count }, () => ({ task: `${name}.naps` })),
        );
      const commands = await send(200);
      const joining = setting.start(options, probe);
      commands.push(...(await send(150)));
      await joining;
      const last = await send(150);
      commands.push(...last);
      const isQueuedByFirst = ({ invocation }: InvokeCommand): boolean =>
        coordinator.states(invocation).at(-1) === 'queued' &&
        coordinator.about(invocation)[0]?.event.data.instance === first.server.instance;
      await awaitUntil('the first one holds a queue', () => last.some(isQueuedByFirst));
      await first.stop();
      const isOver = ({ invocation }: InvokeCommand): boolean =>
        ['completed', 'error'].includes(coordinator.states(invocation).at(-1) ?? '');
      await awaitUntil('all are done or handed back', () => commands.every(isOver), { timeoutMs: 20_000 });

      // What the first one handed back is invoked again under a new attempt, as Cerebro does.
      const isReturned = (invocation: string): boolean =>
        coordinator.about(invocation).some(({ event }) => {
          const error = event.data.error as { code?: string } | undefined;
          return error?.code === 'returned';
        });
      const returned = commands.filter(({ invocation }) => isReturned(invocation));
      expect(returned.length).toBeGreaterThan(0);
      const again = await coordinator.invokeMany(
        name,
        returned.map(() => ({ task: `${name}.naps`, attempt: 2 })),
      );
      const kept = commands.filter((command) => !returned.includes(command));
      for (const { invocation } of [...kept, ...again]) await coordinator.completed(invocation);

      for (const { invocation } of returned) expect(probe.runsOf(invocation)).toBe(0);
      for (const { invocation } of [...kept, ...again]) {
        expect(probe.runsOf(invocation)).toBe(1);
        const finals = coordinator
          .states(invocation)
          .filter((state) => state === 'completed' || state === 'error');
        expect(finals).toEqual(['completed']);
      }
    });
  });
}
