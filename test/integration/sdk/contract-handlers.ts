import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import { awaitUntil } from '@cordyna/testkit';
import type { FakeCoordinator } from './fake-coordinator.js';
import type { StartForm } from './forms.js';
import { Setting } from './setting.js';

/** What a handler gives, throws and says, as it arrives on the bus. */
export function handlersContract(form: StartForm): void {
  describe('handlers', () => {
    let setting: Setting;
    let coordinator: FakeCoordinator;
    beforeAll(async () => {
      setting = await Setting.open(form);
      coordinator = setting.coordinator;
    });
    afterEach(() => setting.stopAll());

    test('a handler that gives nothing completes with the empty output', async () => {
      const { name } = await setting.start();
      const { invocation } = await coordinator.invoke(name, 'gives-nothing');

      expect((await coordinator.completed(invocation)).event.data.output).toEqual({});
    });

    test.each([
      ['gives-a-list', 'output_not_an_object', 'returned an array'],
      ['gives-too-much', 'output_too_large', '786432'],
      ['gives-a-circle', 'output_not_json', 'circular'],
      ['gives-a-nul', 'output_not_json', 'NUL'],
      ['gives-depth', 'output_not_json', 'nested'],
    ])('a task that %s ends in %s, which says what is wrong', async (task, code, text) => {
      const { name } = await setting.start();
      const { invocation } = await coordinator.invoke(name, task);

      const error = await coordinator.error(invocation);

      expect(error).toMatchObject({ code, retryable: false });
      expect(error.message).toContain(text);
    });

    test('a TaskFailure arrives with its code, its explanation and whether a retry makes sense', async () => {
      const { name } = await setting.start();
      const final = await coordinator.invoke(name, 'fails-for-good');
      const passing = await coordinator.invoke(name, 'fails-for-now');

      expect(await coordinator.error(final.invocation)).toMatchObject({
        code: 'no_stock_',
        message: 'nothing to sell',
        description: 'Ask the warehouse.',
        retryable: false,
      });
      const error = await coordinator.error(passing.invocation);
      expect(error).toMatchObject({ code: 'busy', message: 'try later', retryable: true });
      expect(error.stack).toContain('caused by: Error: socket closed');
    });

    test('an ordinary error arrives as failed, retryable, with its stack', async () => {
      const { name } = await setting.start();
      const { invocation } = await coordinator.invoke(name, 'throws');

      const error = await coordinator.error(invocation);

      expect(error).toMatchObject({ code: 'failed', message: 'x is not a function', retryable: true });
      expect(error.stack).toContain('probe-tasks');
    });

    test('log lines and the newest progress arrive before the end of the attempt', async () => {
      const { name } = await setting.start();
      const { invocation } = await coordinator.invoke(name, 'chats');
      await coordinator.completed(invocation);

      const types = coordinator.about(invocation).map(({ event }) => event.type);
      expect(types.at(-1)).toBe(EventType.taskCompleted);
      const data = (type: string): unknown[] =>
        coordinator
          .about(invocation)
          .filter(({ event }) => event.type === type)
          .map(({ event }) => event.data);
      expect(data(EventType.taskLog)).toEqual([
        expect.objectContaining({ level: 'info', message: 'reading {"rows":3}' }),
        expect.objectContaining({ level: 'error', message: 'odd row' }),
      ]);
      const progress = data(EventType.taskProgress);
      expect(progress.length).toBeLessThan(10);
      expect(progress.at(-1)).toMatchObject({ percent: 100, message: 'row 100' });
    });

    test('what a handler invokes is requested with a key that a repetition of the invocation would have too', async () => {
      const one = await setting.start();
      const command = await coordinator.invoke(one.name, 'asks');
      await coordinator.completed(command.invocation);
      await one.stop();
      // Another process gets the same invocation, as after a crash before the offset was committed.
      const two = await setting.start({ name: one.name });
      await coordinator.send([coordinator.message(one.name, EventType.taskInvoke, command)]);
      await awaitUntil('it ran again', () => two.probe.requestedKeys.length === 2);

      expect(two.probe.requestedKeys).toEqual(one.probe.requestedKeys);
      const [taskKey, jobKey] = one.probe.requestedKeys;
      const requests = coordinator.requests.filter(({ data }) => data.idempotencyKey === taskKey);
      await awaitUntil('both requests arrived', () => requests.length >= 1);
      expect(requests[0]!.data).toEqual({
        task: `${one.name}.holds`,
        args: { from: 'asks' },
        idempotencyKey: taskKey,
      });
      const jobs = coordinator.requests.filter(({ data }) => data.idempotencyKey === jobKey);
      expect(jobs[0]!.data).toEqual({ job: 'nightly', idempotencyKey: jobKey });
      expect(taskKey).not.toBe(jobKey);
    });

    test('a request that the protocol does not take fails in the handler', async () => {
      const { name } = await setting.start();
      const { invocation } = await coordinator.invoke(name, 'asks-wrongly');

      expect((await coordinator.error(invocation)).message).toContain('not valid');
    });
  });
}
