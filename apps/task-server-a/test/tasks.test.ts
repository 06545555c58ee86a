import { describe, expect, test } from '@jest/globals';
import { runTask } from '@cordyna/task-server/testing';
import { createServerA } from '../src/tasks.js';

const server = createServerA({ brokers: [] });

describe('the tasks of server-a', () => {
  test('depend on nobody, and extract runs every minute', () => {
    const { tasks } = server.declaration();

    expect(tasks.map(({ name, dependsOn, everyMs }) => [name, dependsOn, everyMs])).toEqual([
      ['extract', undefined, 60_000],
      ['prices', undefined, undefined],
      ['list', undefined, undefined],
    ]);
  });

  test('extract reads as many orders as it is asked for', async () => {
    const result = await runTask(server, 'extract', { args: { rows: 2 } });

    expect(result).toMatchObject({
      output: { orders: [{ order: 1, amount: 10 }, { order: 2, amount: 20 }] }, // prettier-ignore
      progress: [{ percent: 100 }],
    });
  });

  test('list gives the files as items', async () => {
    expect(await runTask(server, 'list', { args: { files: ['a.csv'] } })).toMatchObject({
      output: { items: ['a.csv'] },
    });
  });
});
