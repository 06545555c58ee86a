import { describe, expect, test } from '@jest/globals';
import { TaskFailure } from '@cordyna/task-server';
import { statesOf, taskOf, type Setting } from './setting.js';

const ROUNDS = 5;

export function freshness(setting: Setting): void {
  describe('a task that waits for two teams', () => {
    setting.server('orders', {
      load: {
        handler: ({ event }) => {
          if (event.args.broken) throw TaskFailure.nonRetryable('broken', 'as was asked for');
          return { orders: event.run };
        },
      },
    });
    setting.server('prices', { fetch: { handler: ({ event }) => ({ prices: event.run }) } });
    setting.server('reports', {
      join: { dependsOn: ['orders.load', 'prices.fetch'] },
      send: { dependsOn: ['join'] },
    });

    const load = (args = {}) => setting.run({ task: 'orders.load', args });
    const fetch = () => setting.run({ task: 'prices.fetch' });
    const waiting = (task: string) => ({ state: 'skipped', reason: `waiting for ${task}` });

    test('runs once per pair of refreshes, whichever team is first, with the outputs of both', async () => {
      const first = await load();
      expect(first.state).toBe('completed');
      expect(taskOf(first, 'reports.join')).toMatchObject(waiting('prices.fetch'));
      expect(taskOf(first, 'reports.send')).toMatchObject(waiting('prices.fetch'));
      const second = await fetch();
      expect(statesOf(second)).toEqual({
        'prices.fetch': 'completed',
        'reports.join': 'completed',
        'reports.send': 'completed',
      });
      const [join] = await setting.invokes(second.run, ['reports']);
      expect(join?.command).toMatchObject({
        task: 'reports.join',
        inputs: { 'orders.load': { orders: first.run }, 'prices.fetch': { prices: second.run } },
        args: { orders: first.run, prices: second.run },
      });

      // The other way round: what was consumed is not fresh any more.
      const third = await fetch();
      expect(taskOf(third, 'reports.join')).toMatchObject(waiting('orders.load'));
      const fourth = await load();
      expect(statesOf(fourth)['reports.send']).toBe('completed');
      const [again] = await setting.invokes(fourth.run, ['reports']);
      expect(again?.command.inputs).toEqual({
        'orders.load': { orders: fourth.run },
        'prices.fetch': { prices: third.run },
      });
    });

    test('takes the newest of several refreshes, and does not run for each of them', async () => {
      const fetched = [await fetch(), await fetch()];
      expect(fetched.map((run) => statesOf(run)['reports.join'])).toEqual(['skipped', 'skipped']);
      const loaded = await load();
      const [join] = await setting.invokes(loaded.run, ['reports']);
      expect(join?.command.inputs['prices.fetch']).toEqual({ prices: fetched[1]?.run });
    });

    test('is blocked by an error of one team, which is no refresh for the run of the other', async () => {
      const failed = await load({ broken: true });
      expect(taskOf(failed, 'reports.join')).toMatchObject({ state: 'blocked', blockedBy: 'orders.load' });
      expect(taskOf(await fetch(), 'reports.join')).toMatchObject(waiting('orders.load'));
      expect(statesOf(await load())['reports.join']).toBe('completed');
    });

    test('runs in exactly one of two runs that complete at the same time', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const runs = await Promise.all([load(), fetch()]);
        const states = runs.map((run) => statesOf(run)['reports.join']);
        expect(states.sort()).toEqual(['completed', 'skipped']);
      }
    }, 60_000);
  });
}
