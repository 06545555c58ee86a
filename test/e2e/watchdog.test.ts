import { beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, scriptedServer, startSdkServer } from '@cordyna/testkit';
import type { Api, ApiHistoryRow, ScriptedServer } from '@cordyna/testkit';
import type { InvokeCommand } from '@cordyna/protocol/model';
import {
  endedByCerebro,
  msBetween,
  startWatched,
  statesOf,
  taskOf,
  type Watched,
} from './support/watched.js';

const timeouts = { ackMs: 1_500, startMs: 1_700, completeMs: 1_900 };
const declaration = {
  server: 'watched',
  tasks: [
    { name: 'work', timeouts },
    { name: 'after', dependsOn: ['work'] },
    { name: 'twice', timeouts, retry: { maxAttempts: 2, backoffMs: 50 } },
    { name: 'patient', timeouts: { ackMs: 1_500, startMs: 60_000, completeMs: 60_000 } },
  ],
};
/** A busy machine decides late; nothing may be decided early. */
const LATE_MS = 10_000;
const TEST_MS = 90_000;

describe.each([1, 2])('the watchdog, with %i coordinator(s)', (coordinators) => {
  let watched: Watched;
  let api: Api;
  let server: ScriptedServer;

  /** Of what servers said: of two coordinators that see the same deadline pass, one is refused too. */
  const refusals = (history: readonly ApiHistoryRow[]): string[] =>
    history
      .filter(({ applied, source }) => !applied && source.startsWith('/servers/'))
      .map(({ type, attempt, reason }) => `${type.split('.')[2]} of attempt ${attempt}: ${reason}`);

  /** Creates a run, says what is given of its first attempt, and then nothing any more. */
  async function leftAlone(task: string, ...reports: readonly ('queued' | 'started')[]) {
    const id = await api.createRun({ task });
    const command = await server.untilInvoked(id, task);
    for (const report of reports) await server.say(command, report);
    return { id, command };
  }

  /** The run's history as soon as it has so many refused rows. */
  const untilRefused = (id: string, count: number): Promise<readonly ApiHistoryRow[]> =>
    awaitUntil(`${count} refusals are recorded`, async () => {
      const history = await api.history(id);
      return refusals(history).length >= count && history;
    });

  async function onTopic(command: InvokeCommand) {
    const records = await watched.dump('commands.watched');
    return records
      .filter(({ data }) => data['invocation'] === command.invocation)
      .map(({ type, partition }) => ({ type, partition }));
  }

  beforeAll(async () => {
    const env = { CORDYNA_STALL_GRACE_MS: '2000', CORDYNA_LOST_AFTER_MS: '5000' };
    watched = await startWatched({ coordinators, env });
    api = watched.api;
    server = await scriptedServer(watched.brokers, watched.prefix, declaration);
  }, TEST_MS);

  test.each([
    { code: 'ack_timeout', reports: [], since: 'invokedAt', limitMs: timeouts.ackMs },
    { code: 'start_timeout', reports: ['queued'], since: 'queuedAt', limitMs: timeouts.startMs },
    { code: 'completion_timeout', reports: ['started'], since: 'startedAt', limitMs: timeouts.completeMs },
  ] as const)(
    '$code comes in time, is told to the server and to whoever watches, and late updates change nothing',
    async ({ code, reports, since, limitMs }) => {
      const { id, command } = await leftAlone('watched.work', ...reports);
      const run = await api.untilFinished(id);
      const work = taskOf(run, 'watched.work');
      expect(run.state).toBe('failed');
      expect(work).toMatchObject({ state: 'error', attempt: 1, error: { code, retryable: true } });
      expect(taskOf(run, 'watched.after')).toMatchObject({ state: 'blocked', blockedBy: 'watched.work' });
      const tookMs = msBetween(work[since], work.finishedAt);
      expect(tookMs).toBeGreaterThanOrEqual(limitMs);
      expect(tookMs).toBeLessThan(limitMs + LATE_MS);

      await awaitUntil('the cancel has come', () =>
        server.cancels.some(({ invocation }) => invocation === command.invocation),
      );
      const [invoke, cancel, ...more] = await onTopic(command);
      expect([invoke?.type, cancel?.type]).toEqual(['cordyna.task.invoke.v1', 'cordyna.task.cancel.v1']);
      expect(cancel?.partition).toBe(invoke?.partition);
      expect(more).toEqual([]);
      const told = (await watched.dump('events')).filter(
        ({ data, type, source }) =>
          data['run'] === id && type === 'cordyna.task.error.v1' && source.startsWith('/cerebro/'),
      );
      expect(told.map(({ key, data }) => [key, data['task'], data['error']])).toEqual([
        [id, 'watched.work', expect.objectContaining({ code })],
      ]);
      expect(JSON.stringify(told.map(({ value }) => value))).not.toContain(command.lease);

      await server.say(command, 'started');
      await server.say(command, 'completed', { output: { late: true } });
      const history = await untilRefused(id, 2);
      expect(refusals(history)).toEqual([
        'started of attempt 1: this attempt has ended: the task is error',
        'completed of attempt 1: this attempt has ended: the task is error',
      ]);
      expect(endedByCerebro(history)).toEqual([`watched.work ${code}`]);
      const late = history.find(({ applied, type }) => !applied && type === 'cordyna.task.completed.v1');
      expect(late).toMatchObject({
        source: `/servers/watched/${server.instance}`,
        topic: `${watched.prefix}.events`,
        data: { invocation: command.invocation, instance: server.instance, output: { late: true } },
      });
      expect(JSON.stringify(history)).not.toContain(command.lease);
      expect(await api.run(id)).toEqual(run);
    },
    TEST_MS,
  );

  test(
    'after a timeout the next attempt runs; what the first one says then is recorded and changes nothing',
    async () => {
      const { id, command: first } = await leftAlone('watched.twice');
      const second = await server.untilInvoked(id, 'watched.twice', 2);
      expect(second.invocation).not.toBe(first.invocation);
      expect(second.lease).not.toBe(first.lease);
      await server.say(second, 'started');
      await server.say(first, 'completed', { output: { from: 'the first attempt' } });
      const unchanged = await untilRefused(id, 1);
      expect(refusals(unchanged)).toEqual([
        expect.stringMatching(/^completed of attempt 1: invocation \S+ is not the present attempt/),
      ]);
      expect(statesOf(await api.run(id))).toEqual({ 'watched.twice': 'started' });
      await server.say(second, 'completed', { output: { from: 'the second attempt' } });
      const run = await api.untilFinished(id);
      expect(run.state).toBe('completed');
      expect(run.tasks).toMatchObject([
        { state: 'completed', attempt: 2, output: { from: 'the second attempt' } },
      ]);
      expect(endedByCerebro(await api.history(id))).toEqual(['watched.twice ack_timeout']);
    },
    TEST_MS,
  );

  test(
    'an acknowledgement ends the first deadline: who says queued in time has until startMs',
    async () => {
      const { id, command } = await leftAlone('watched.patient', 'queued');
      const short = await leftAlone('watched.work');
      // This one was invoked later, with the same ackMs: when it has timed out, the other one would have too.
      await api.untilFinished(short.id);
      expect(statesOf(await api.run(id))).toEqual({ 'watched.patient': 'queued' });
      await server.say(command, 'completed');
      expect(await api.untilFinished(id)).toMatchObject({ state: 'completed' });
      expect(endedByCerebro(await api.history(id))).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'an instance that is stopped is lost, and online again when it goes on; its ended attempts stay ended',
    async () => {
      const { brokers, prefix } = watched;
      const server = await startSdkServer({
        brokers,
        prefix,
        declaration: { server: 'sleepy', tasks: [{ name: 'nap' }] },
        behaviours: { nap: { sleepMs: 3_000, output: { rested: true } } },
      });
      await api.untilOnline('sleepy');
      const id = await api.createRun({ task: 'sleepy.nap' });
      await awaitUntil('the task has started', async () => taskOf(await api.run(id), 'sleepy.nap').startedAt);
      server.process.pause();
      const run = await api.untilFinished(id);
      expect(taskOf(run, 'sleepy.nap')).toMatchObject({ state: 'error', error: { code: 'server_lost' } });
      const instancesNow = async () =>
        (await api.servers()).find((one) => one.server === 'sleepy')?.instances;
      expect(await instancesNow()).toMatchObject([{ state: 'lost' }]);

      server.process.resume();
      await awaitUntil('it is online again', async () => (await instancesNow())?.[0]?.state === 'online', {
        timeoutMs: 30_000,
      });
      // The cancel may reach it before the end of the nap, or after it: either way it reports on an ended attempt.
      const next = await api.untilFinished(await api.createRun({ task: 'sleepy.nap' }), 40_000);
      expect(next.state).toBe('completed');
      expect(await api.run(id)).toEqual(run);
      expect(endedByCerebro(await api.history(id))).toEqual(['sleepy.nap server_lost']);
    },
    TEST_MS,
  );
});
