import { describe, expect, test } from '@jest/globals';
import { TaskFailure } from '@cordyna/task-server';
import type { ApiRun } from '@cordyna/testkit';
import { statesOf, taskOf, type Setting } from './setting.js';

export function forEach(setting: Setting): void {
  describe('a task for each element of a list', () => {
    const mended = new Set<string>();

    setting.server('lists', {
      list: { handler: ({ event }) => ({ items: event.args.files, day: 'today' }) },
    });
    setting.server('files', {
      read: {
        forEach: 'lists.list',
        handler: ({ event: { item, run } }) => {
          if (item?.value === 'bad.csv' && !mended.has(run))
            throw TaskFailure.nonRetryable('unreadable', 'it is not a CSV file');
          return { read: item?.value };
        },
      },
      sum: { dependsOn: ['read'] },
    });

    const list = (files: unknown): Promise<ApiRun> =>
      setting.run({ task: 'lists.list', args: { files: files as string[] } });
    const readInvokes = async (run: string): Promise<string[]> => {
      const invokes = await setting.invokes(run, ['files']);
      return invokes
        .map(({ command }) => `${command.task} ${command.item?.index ?? '-'} ${command.attempt}`)
        .sort();
    };

    test('runs once per element with its item, and what depends on it gets all outputs in order', async () => {
      const run = await list(['north.csv', 'south.csv', { name: 'west.csv' }]);
      expect(run.state).toBe('completed');
      const elements = run.tasks.filter(({ item }) => item !== null);
      expect(elements.map(({ task, item, state, output }) => ({ task, item, state, output }))).toEqual(
        ['north.csv', 'south.csv', { name: 'west.csv' }].map((value, index) => ({
          task: 'files.read',
          item: { index, value },
          state: 'completed',
          output: { read: value },
        })),
      );
      const invokes = await setting.invokes(run.run, ['files']);
      const sum = invokes.at(-1)?.command;
      expect(sum?.task).toBe('files.sum');
      expect(sum?.inputs).toEqual({
        'files.read': [{ read: 'north.csv' }, { read: 'south.csv' }, { read: { name: 'west.csv' } }],
      });
      // A list of outputs has no keys to be merged.
      expect(sum?.args).not.toHaveProperty('read');
      expect(invokes[0]?.command.args).toMatchObject({ day: 'today' });
    });

    test('runs not at all for an empty list, and what depends on it goes on', async () => {
      const run = await list([]);
      expect(run.state).toBe('completed');
      expect(statesOf(run)).toEqual({
        'lists.list': 'completed',
        'files.read': 'completed',
        'files.sum': 'completed',
      });
      expect(run.tasks.filter(({ item }) => item !== null)).toEqual([]);
      expect(await readInvokes(run.run)).toEqual(['files.sum - 1']);
    });

    test('ends in error when there is no list, and blocks what depends on it', async () => {
      const run = await list('north.csv');
      expect(run.state).toBe('failed');
      expect(taskOf(run, 'files.read').error).toMatchObject({ code: 'not_a_list' });
      expect(taskOf(run, 'files.sum')).toMatchObject({ state: 'blocked', blockedBy: 'files.read' });
      expect(await readInvokes(run.run)).toEqual([]);
    });

    test('of which one element fails runs the others, and a retry of the run runs that element alone', async () => {
      const run = await list(['north.csv', 'bad.csv', 'west.csv']);
      expect(run.state).toBe('failed');
      const states = [0, 1, 2].map((index) => taskOf(run, 'files.read', index).state);
      expect(states).toEqual(['completed', 'error', 'completed']);
      expect(taskOf(run, 'files.read', 1).error).toMatchObject({ code: 'unreadable' });
      expect(taskOf(run, 'files.sum')).toMatchObject({ state: 'blocked', blockedBy: 'files.read' });

      mended.add(run.run);
      await setting.api.retry(run.run);
      const mendedRun = await setting.finished(run.run);
      expect(mendedRun.state).toBe('completed');
      expect(await readInvokes(run.run)).toEqual([
        'files.read 0 1',
        'files.read 1 1',
        'files.read 1 2',
        'files.read 2 1',
        'files.sum - 1',
      ]);
    });
  });
}
