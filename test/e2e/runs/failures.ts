import { describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import { TaskFailure } from '@cordyna/task-server';
import { awaitUntil, ApiError, type ApiHistoryRow } from '@cordyna/testkit';
import { Gate, statesOf, taskOf, type Setting } from './setting.js';

const SERVERS = ['failing', 'steady'];
const LATE_SERVERS = ['late', 'behind'];

export function failures(setting: Setting): void {
  describe('a failure', () => {
    const mended = new Set<string>();
    const gates = new Map<string, Gate>();

    /** Waited at by this task of the next run. */
    const gate = (task: string): Gate => {
      const made = new Gate();
      gates.set(task, made);
      return made;
    };

    setting.server('failing', {
      a: {},
      b: {
        dependsOn: ['a'],
        handler: ({ event }) => {
          if (mended.has(event.run)) return { mended: true };
          throw TaskFailure.nonRetryable('no_data', 'the file is empty', {
            description: 'Ask the exchange.',
          });
        },
      },
      c: { dependsOn: ['b'] },
    });
    setting.server('steady', {
      d: { dependsOn: ['failing.c'] },
      e: { dependsOn: ['failing.a'] },
      f: { dependsOn: ['e'], handler: async () => (await gates.get('f')?.passed, { f: true }) },
      g: { dependsOn: ['f', 'failing.c'] },
    });
    setting.server('late', {
      slow: {
        timeouts: { completeMs: 500 },
        handler: async ({ event, tools: { signal } }) => {
          if (event.attempt > 1) {
            await gates.get('slow')?.passed;
            return { from: 'the second attempt' };
          }
          // Until it is cancelled, because it has timed out.
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          throw signal.reason;
        },
      },
    });
    setting.server('behind', { last: { dependsOn: ['late.slow'] } });

    test('blocks what depends on it, which names what blocks it, and all else runs before the run is failed', async () => {
      const held = gate('f');
      const id = await setting.api.createRun({ task: 'failing.a' });
      await awaitUntil('b has failed and f has begun', async () => {
        const states = statesOf(await setting.api.run(id));
        return states['failing.b'] === 'error' && states['steady.f'] === 'started';
      });
      expect((await setting.api.run(id)).state).toBe('running');
      held.open();
      const run = await setting.finished(id);
      expect(run.state).toBe('failed');
      expect(statesOf(run)).toEqual({
        'failing.a': 'completed',
        'failing.b': 'error',
        'failing.c': 'blocked',
        'steady.d': 'blocked',
        'steady.e': 'completed',
        'steady.f': 'completed',
        'steady.g': 'blocked',
      });
      const error = { code: 'no_data', message: 'the file is empty', description: 'Ask the exchange.' };
      expect(taskOf(run, 'failing.b')).toMatchObject({ server: 'failing', error });
      const blocked = ['failing.c', 'steady.d', 'steady.g'];
      expect(blocked.map((task) => taskOf(run, task).blockedBy)).toEqual(blocked.map(() => 'failing.b'));
      const events = await setting.said('events', id);
      const facts = events.filter(({ type }) => type === EventType.taskBlocked).map(({ data }) => data);
      expect(facts).toEqual(
        expect.arrayContaining(blocked.map((task) => ({ run: id, task, blockedBy: 'failing.b' }))),
      );
      expect(await setting.attempts(id, SERVERS)).toEqual([
        'failing.a 1',
        'failing.b 1',
        'steady.e 1',
        'steady.f 1',
      ]);
    });

    test('is mended by a retry of the run, which runs what failed or was blocked and nothing else', async () => {
      const { run: id, state } = await setting.run({ task: 'failing.a' });
      expect(state).toBe('failed');
      mended.add(id);
      await setting.api.retry(id);
      const run = await setting.finished(id);
      expect(run.state).toBe('completed');
      expect(new Set(Object.values(statesOf(run)))).toEqual(new Set(['completed']));
      expect(await setting.attempts(id, SERVERS)).toEqual([
        'failing.a 1',
        'failing.b 1',
        'failing.b 2',
        'failing.c 1',
        'steady.d 1',
        'steady.e 1',
        'steady.f 1',
        'steady.g 1',
      ]);
      const events = await setting.said('events', id);
      const ends = events
        .filter(({ type }) => type === EventType.runFinished)
        .map(({ data }) => data['state']);
      expect(ends).toEqual(['failed', 'completed']);
      const again = await setting.api.retry(id).catch((error: unknown) => error);
      expect(again).toBeInstanceOf(ApiError);
      expect(again).toMatchObject({ status: 409 });
    });

    test('that is retried in vain fails the run again, and the budget of attempts is a fresh one', async () => {
      const { run: id } = await setting.run({ task: 'failing.a' });
      await setting.api.retry(id);
      const run = await setting.finished(id);
      expect(run.state).toBe('failed');
      expect(taskOf(run, 'failing.b')).toMatchObject({ state: 'error', attempt: 2 });
      expect(statesOf(run)['failing.c']).toBe('blocked');
    });

    /** A run whose first task has timed out, what its old attempt was told, and how that reports at last. */
    async function timedOut() {
      const second = gate('slow');
      // A machine that stands still for a moment keeps the watchdog quiet for 15 s.
      const run = await setting.finished(await setting.api.createRun({ task: 'late.slow' }), 60_000);
      expect(run.state).toBe('failed');
      expect(taskOf(run, 'late.slow').error).toMatchObject({ code: 'completion_timeout' });
      const [invoke] = await setting.invokes(run.run, ['late']);
      const command = (invoke as NonNullable<typeof invoke>).command;
      const report = (): Promise<void> =>
        setting.report(command, 'completed', { output: { from: 'the first attempt' } });
      const untilRefused = (): Promise<ApiHistoryRow> =>
        awaitUntil('the late completion is in the history', async () =>
          (await setting.api.history(run.run)).find(
            ({ type, applied }) => type === EventType.taskCompleted && !applied,
          ),
        );
      return { id: run.run, second, report, untilRefused };
    }

    const untilSecondBegan = (id: string): Promise<unknown> =>
      awaitUntil('the second attempt has begun', async () => {
        const { state, attempt } = taskOf(await setting.api.run(id), 'late.slow');
        return state === 'started' && attempt === 2;
      });

    async function expectSecondStands(id: string): Promise<void> {
      const run = await setting.finished(id);
      expect(run.state).toBe('completed');
      expect(taskOf(run, 'late.slow')).toMatchObject({ attempt: 2, output: { from: 'the second attempt' } });
      const invokes = await setting.invokes(id, LATE_SERVERS);
      expect(invokes.map(({ command: { task, attempt } }) => `${task} ${attempt}`)).toEqual([
        'late.slow 1',
        'late.slow 2',
        'behind.last 1',
      ]);
      expect(invokes.at(-1)?.command.inputs).toEqual({ 'late.slow': { from: 'the second attempt' } });
      const completions = (await setting.api.history(id)).filter(
        ({ type }) => type === EventType.taskCompleted,
      );
      expect(completions.map(({ task, attempt, applied }) => `${task} ${attempt} ${applied}`)).toEqual([
        'late.slow 1 false',
        'late.slow 2 true',
        'behind.last 1 true',
      ]);
    }

    test('whose old attempt completes before the retry stays one, and the retry runs', async () => {
      const { id, second, report, untilRefused } = await timedOut();
      await report();
      expect(await untilRefused()).toMatchObject({
        attempt: 1,
        reason: expect.stringContaining('has ended'),
      });
      expect((await setting.api.run(id)).state).toBe('failed');
      expect(statesOf(await setting.api.run(id))).toEqual({ 'late.slow': 'error', 'behind.last': 'blocked' });
      await setting.api.retry(id);
      second.open();
      await expectSecondStands(id);
    }, 90_000);

    test('whose old attempt completes after the retry leaves the new attempt alone', async () => {
      const { id, second, report, untilRefused } = await timedOut();
      await setting.api.retry(id);
      await untilSecondBegan(id);
      await report();
      expect(await untilRefused()).toMatchObject({
        attempt: 1,
        reason: expect.stringContaining('not the present attempt'),
      });
      expect(statesOf(await setting.api.run(id))).toEqual({
        'late.slow': 'started',
        'behind.last': 'pending',
      });
      second.open();
      await expectSecondStands(id);
    }, 90_000);

    test('whose old attempt completes at the moment of the retry is retried all the same', async () => {
      const { id, second, report, untilRefused } = await timedOut();
      await Promise.all([report(), setting.api.retry(id)]);
      await untilRefused();
      second.open();
      await expectSecondStands(id);
    }, 90_000);
  });
}
