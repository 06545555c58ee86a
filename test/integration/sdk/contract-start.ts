import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeclarationRejectedError } from '@cordyna/task-server';
import { awaitUntil } from '@cordyna/testkit';
import { ANSWER_ERRORS } from './fake-coordinator.js';
import type { FakeCoordinator } from './fake-coordinator.js';
import type { StartForm } from './forms.js';
import { PROBE_JOB } from './probe-tasks.js';
import { Setting } from './setting.js';

/** Rules 1 and 9: registration and heartbeats. */
export function startContract(form: StartForm): void {
  describe('rule 1: a server runs once its declaration is accepted', () => {
    let setting: Setting;
    let coordinator: FakeCoordinator;
    beforeAll(async () => {
      setting = await Setting.open(form);
      coordinator = setting.coordinator;
    });
    beforeEach(() => {
      coordinator.answer = 'accept';
    });
    afterEach(() => setting.stopAll());

    test('the declaration holds what was declared, under the server as key', async () => {
      const { name, server } = await setting.start({ version: '1.4.0', team: 'prices', contact: '#prices' });

      const { data, source } = coordinator.declarations.find((event) => event.data.server === name)!;
      expect(source).toBe(`/servers/${name}/${server.instance}`);
      expect(data).toMatchObject({ server: name, version: '1.4.0', team: 'prices', contact: '#prices' });
      expect(data.tasks).toContainEqual({
        name: 'echo',
        description: 'Gives back what it got.',
        dependsOn: ['holds', 'elsewhere.load'],
        everyMs: 60_000,
        args: { region: 'eu' },
        retry: { maxAttempts: 3 },
      });
      const [echo, holds] = PROBE_JOB.tasks;
      const tasks = [{ task: echo }, holds];
      expect(data.jobs).toEqual([{ name: 'nightly', description: 'Every night.', tasks }]);
    });

    test('a rejection stops the server with every error listed, and it says nothing afterwards', async () => {
      coordinator.answer = 'reject';
      const name = setting.newName();

      const failure: unknown = await setting.start({ name }).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(DeclarationRejectedError);
      expect((failure as DeclarationRejectedError).errors).toEqual(ANSWER_ERRORS);
      for (const { message, path } of ANSWER_ERRORS) {
        expect((failure as Error).message).toContain(`${path}: ${message}`);
      }
      expect(coordinator.statesOf(name)).toEqual([]);
    });

    test('a server that waits for Cerebro can be stopped', async () => {
      coordinator.answer = 'none';
      const name = setting.newName();
      const { brokers, prefix } = coordinator.broker;
      const { createTaskServer } = await import('@cordyna/task-server');
      const server = createTaskServer({
        name,
        brokers,
        topicPrefix: prefix,
        handleSignals: false,
        log: () => undefined,
      });
      const starting = server.start().catch((error: unknown) => error);
      await awaitUntil('it declares', () =>
        coordinator.declarations.some(({ data }) => data.server === name),
      );

      await server.stop();

      expect(await starting).toMatchObject({ code: 'invalid_state' });
    });

    test('rule 9: heartbeats say online with the limits, then draining and offline', async () => {
      const started = await setting.start({ concurrency: 3, queueLimit: 5 });
      const { name, server } = started;
      const beats = (): unknown[] =>
        coordinator.heartbeats.filter(({ data }) => data.server === name).map(({ data }) => data);

      await awaitUntil('it says online', () => beats().length > 0);
      const { instance } = server;
      expect(beats()[0]).toEqual({
        server: name,
        instance,
        state: 'online',
        capacity: 3,
        queueLimit: 5,
        queued: 0,
        started: 0,
      });
      await awaitUntil('it says so again', () => beats().length > 1, { timeoutMs: 4_000 });
      await started.stop();

      await awaitUntil('it says offline', () => coordinator.statesOf(name).at(-1) === 'offline');
      expect([...new Set(coordinator.statesOf(name))]).toEqual(['online', 'draining', 'offline']);
    });

    test('a heartbeat follows soon after the counts changed', async () => {
      const { name, probe } = await setting.start({ concurrency: 1 });
      const first = await coordinator.invoke(name, 'holds');
      await coordinator.invoke(name, 'holds');

      await awaitUntil(
        'one running and one waiting is said',
        () =>
          coordinator.heartbeats.some(
            ({ data }) => data.server === name && data.started === 1 && data.queued === 1,
          ),
        { timeoutMs: 2_500 },
      );
      probe.release();
      await coordinator.completed(first.invocation);
    });
  });
}
