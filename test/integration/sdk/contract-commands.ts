import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, RETURNED } from '@cordyna/protocol/model';
import { awaitUntil } from '@cordyna/testkit';
import { TIMEOUTS } from './fake-coordinator.js';
import type { FakeCoordinator } from './fake-coordinator.js';
import type { StartForm } from './forms.js';
import { Setting } from './setting.js';

/** Rules 3 to 8: what a server does with commands. */
export function commandsContract(form: StartForm): void {
  describe('commands', () => {
    let setting: Setting;
    let coordinator: FakeCoordinator;
    beforeAll(async () => {
      setting = await Setting.open(form);
      coordinator = setting.coordinator;
    });
    afterEach(() => setting.stopAll());

    const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    test('rule 2: commands that were sent before the server subscribed are taken', async () => {
      const { name, stop } = await setting.start();
      await stop();
      const command = await coordinator.invoke(name, 'echo');

      await setting.start({ name });

      await coordinator.completed(command.invocation);
    });

    test('rules 3 and 7: started, then completed, each with the identity of the attempt and the run as key', async () => {
      const { name, server } = await setting.start();
      const sent = {
        args: { region: 'us' },
        inputs: { 'server-b.load': { rows: 3 } },
        item: { index: 2, value: { deep: ['x'] } },
        attempt: 4,
        trigger: { kind: 'schedule', schedule: 'x', scheduledFor: '2026-11-21T10:00:00Z' },
      } as const;
      const command = await coordinator.invoke(name, 'echo', sent, { traceparent: TRACE });

      const { event } = await coordinator.completed(command.invocation);

      const { invocation, run, task, attempt, lease } = command;
      expect(coordinator.states(invocation)).toEqual(['started', 'completed']);
      for (const seen of coordinator.about(invocation)) {
        expect(seen.record.key?.toString()).toBe(run);
        expect(seen.event).toMatchObject({ source: `/servers/${name}/${server.instance}`, subject: task });
        expect(seen.event).toMatchObject({ traceparent: TRACE });
        expect(seen.event.data).toMatchObject({
          invocation,
          run,
          task,
          attempt,
          lease,
          instance: server.instance,
        });
      }
      expect(event.data.output).toEqual({ ...sent, invocation, run, task, traceparent: TRACE });
    });

    test('rule 3: a busy server says queued with the position, and begins in order', async () => {
      const { name, probe } = await setting.start({ concurrency: 1 });
      const run = randomUUID();
      // One key, hence one partition: the order of the commands is the order in which they come.
      const commands = Array.from({ length: 3 }, () => coordinator.command({ task: `${name}.holds`, run }));
      await coordinator.send(
        commands.map((command) => ({
          ...coordinator.message(name, EventType.taskInvoke, command),
          key: 'same',
        })),
      );
      const [first, second, third] = commands.map(({ invocation }) => invocation) as [string, string, string];

      const queued = await coordinator.update(third, EventType.taskQueued);
      expect(queued.event.data.position).toBe(2);
      expect(coordinator.states(first)).toEqual(['started']);
      probe.release();
      await coordinator.completed(third);

      expect(coordinator.states(second)).toEqual(['queued', 'started', 'completed']);
      expect(probe.runs.map(({ invocation }) => invocation)).toEqual([first, second, third]);
    });

    test.each([1, 40])(
      'rule 3: handlers that compute without waiting hold up no acknowledgement, %d at once',
      async (concurrency) => {
        const { name } = await setting.start({ concurrency, queueLimit: 100 });
        const parts = Array.from({ length: 40 }, () => ({ task: `${name}.computes` }));
        const commands = await coordinator.invokeMany(name, parts);
        await Promise.all(commands.map(({ invocation }) => coordinator.completed(invocation)));

        const said = commands.map(({ invocation }) => coordinator.about(invocation));
        const acknowledgedAt = said.map((updates) => updates[0]!.record.timestampMs);
        const endedAt = said.map((updates) => updates.at(-1)!.record.timestampMs);
        const spread = (times: number[]): number => Math.max(...times) - Math.min(...times);
        // 40 handlers of 40 ms each end one after the other; what was fetched together is acknowledged together.
        expect(spread(endedAt)).toBeGreaterThan(1_000);
        expect(new Set(acknowledgedAt).size).toBeLessThan(15);
      },
    );

    test('a full queue hands back what it cannot hold', async () => {
      const { name, probe } = await setting.start({ concurrency: 1, queueLimit: 2 });
      const commands = await coordinator.invokeMany(
        name,
        Array.from({ length: 6 }, () => ({ task: `${name}.holds` })),
      );
      const finals = (): string[][] => commands.map(({ invocation }) => coordinator.states(invocation));
      await awaitUntil('all are acknowledged', () => finals().every((states) => states.length > 0));

      const handedBack = commands.filter(({ invocation }) => coordinator.states(invocation)[0] === 'error');
      expect(handedBack).toHaveLength(3);
      for (const { invocation } of handedBack) {
        expect(await coordinator.error(invocation)).toMatchObject({ code: 'returned', retryable: true });
      }
      probe.release();
      const kept = commands.filter((command) => !handedBack.includes(command));
      await Promise.all(kept.map(({ invocation }) => coordinator.completed(invocation)));
      expect(probe.runs).toHaveLength(3);
    });

    test('rule 5: an invocation that comes twice runs once, also when it had ended', async () => {
      const { name, probe } = await setting.start();
      const command = await coordinator.invoke(name, 'holds');
      const again = coordinator.message(name, EventType.taskInvoke, command);
      await coordinator.update(command.invocation, EventType.taskStarted);
      await coordinator.send([again]);
      probe.release();
      await coordinator.completed(command.invocation);
      await coordinator.send([again]);

      // Same key, same partition: when this one is through, the repetitions are.
      const last = coordinator.command({ task: `${name}.echo` });
      await coordinator.send([
        { ...coordinator.message(name, EventType.taskInvoke, last), key: command.invocation },
      ]);
      await coordinator.completed(last.invocation);

      expect(probe.runsOf(command.invocation)).toBe(1);
      expect(coordinator.states(command.invocation)).toEqual(['started', 'completed']);
    });

    test('rule 6: what expired more than 2 s ago and was not acknowledged is handed back, not begun', async () => {
      const { name, probe } = await setting.start();
      const now = Date.now();
      const late = new Date(now - 2_500).toISOString();
      const inTime = new Date(now + 60_000).toISOString();
      const [expired, fresh] = ['expired', 'fresh'].map((which) =>
        coordinator.command({ task: `${name}.echo`, expiresAt: which === 'fresh' ? inTime : late }),
      );
      const message = (command: typeof expired) => ({
        ...coordinator.message(name, EventType.taskInvoke, command!),
        key: 'same',
      });
      await coordinator.send([message(expired), message(fresh)]);
      await coordinator.completed(fresh!.invocation);

      expect(await coordinator.error(expired!.invocation)).toMatchObject({ code: RETURNED });
      expect(coordinator.states(expired!.invocation)).toEqual(['error']);
      expect(probe.runsOf(expired!.invocation)).toBe(0);
    });

    test('rule 6: what waited in the queue longer than startMs does not begin', async () => {
      const { name, probe } = await setting.start({ concurrency: 1 });
      const first = await coordinator.invoke(name, 'holds');
      await coordinator.update(first.invocation, EventType.taskStarted);
      const late = await coordinator.invoke(name, 'holds', { timeouts: { ...TIMEOUTS, startMs: 300 } });
      const patient = await coordinator.invoke(name, 'holds');
      await coordinator.update(patient.invocation, EventType.taskQueued);
      const { record } = await coordinator.update(late.invocation, EventType.taskQueued);
      await awaitUntil('its startMs is over', () => Date.now() > record.timestampMs + 400);
      probe.release();
      await coordinator.completed(patient.invocation);

      expect(probe.runsOf(late.invocation)).toBe(0);
      expect(coordinator.states(late.invocation)).toEqual(['queued']);
    });

    test('rule 8: a cancel stops a running handler by its signal', async () => {
      const { name, probe } = await setting.start();
      const command = await coordinator.invoke(name, 'obeys');
      await coordinator.update(command.invocation, EventType.taskStarted);
      await coordinator.cancel(name, command);

      expect(await coordinator.error(command.invocation)).toMatchObject({ code: 'cancelled' });
      expect(probe.aborted).toEqual([command.invocation]);
    });

    test('rule 8: a cancel drops what is queued', async () => {
      const { name, probe } = await setting.start({ concurrency: 1 });
      const running = await coordinator.invoke(name, 'holds');
      await coordinator.update(running.invocation, EventType.taskStarted);
      const dropped = await coordinator.invoke(name, 'holds');
      await coordinator.update(dropped.invocation, EventType.taskQueued);
      await coordinator.cancel(name, dropped);
      // Queued behind the cancel on its partition.
      const last = coordinator.command({ task: `${name}.holds` });
      await coordinator.send([
        { ...coordinator.message(name, EventType.taskInvoke, last), key: dropped.invocation },
      ]);
      await coordinator.update(last.invocation, EventType.taskQueued);
      probe.release();
      await coordinator.completed(last.invocation);

      expect(probe.runsOf(dropped.invocation)).toBe(0);
      expect(coordinator.states(dropped.invocation)).toEqual(['queued']);
    });

    test('rule 8: a cancel that comes before its invoke is remembered', async () => {
      const { name, probe } = await setting.start();
      const command = coordinator.command({ task: `${name}.echo` });
      await coordinator.cancel(name, command);
      const last = coordinator.command({ task: `${name}.echo` });
      const key = command.invocation;
      await coordinator.send([
        coordinator.message(name, EventType.taskInvoke, command),
        { ...coordinator.message(name, EventType.taskInvoke, last), key },
      ]);
      await coordinator.completed(last.invocation);

      expect(probe.runsOf(command.invocation)).toBe(0);
      expect(coordinator.states(command.invocation)).toEqual([]);
    });

    test('a task that the server does not know ends in unknown_task', async () => {
      const { name } = await setting.start();
      const unknown = await coordinator.invoke(name, 'nowhere');
      const foreign = await coordinator.invoke(name, 'x', { task: 'server-z.echo' });

      for (const { invocation } of [unknown, foreign]) {
        expect(await coordinator.error(invocation)).toMatchObject({ code: 'unknown_task', retryable: false });
        expect(coordinator.states(invocation)).toEqual(['error']);
      }
    });

    test('a command of an unknown type is ignored, and one that cannot be read is dead-lettered once', async () => {
      const { name } = await setting.start();
      const topic = coordinator.topics.commands(name);
      const newer = coordinator.message(name, 'cordyna.task.pause.v9', { invocation: randomUUID() });
      const broken = { topic, key: 'k', value: '{"specversion": "1.0", "da' };
      const wrong = coordinator.message(name, EventType.taskInvoke, { invocation: 7 });
      const good = coordinator.command({ task: `${name}.echo` });
      const messages = [newer, broken, wrong, coordinator.message(name, EventType.taskInvoke, good)];
      await coordinator.send(messages.map((message) => ({ ...message, key: 'k' })));

      await coordinator.completed(good.invocation);
      const mine = () =>
        coordinator.deadLetters.filter(({ headers }) => String(headers['cordyna-topic']) === topic);
      await awaitUntil('both are dead letters', () => mine().length === 2);
      expect(mine().map(({ headers }) => String(headers['cordyna-reason']))).toEqual([
        'not_json',
        'invalid_data',
      ]);
      expect(mine()[0]!.value?.toString()).toBe(broken.value);
      expect(mine()[0]!.key?.toString()).toBe('k');
    });
  });
}
