import { describe, expect, test } from '@jest/globals';
import { createTaskServer } from '@cordyna/task-server';
import { runTask } from '@cordyna/task-server/testing';
import { FileTasks } from '../src/file-tasks.js';
import { OrderTasks } from '../src/order-tasks.js';

const orders = new OrderTasks();
const files = new FileTasks();
const server = createTaskServer({ name: 'server-b', brokers: [] })
  .task('load', { dependsOn: ['server-a.extract'] }, (context) => orders.load(context))
  .task('report', { dependsOn: ['load', 'server-a.prices'] }, (context) => orders.report(context))
  .task('convert', (context) => files.convert(context))
  .task('archive', (context) => files.archive(context));

describe('the tasks of server-b', () => {
  test('load sums up what was extracted', async () => {
    const extracted = { orders: [{ order: 1, amount: 10 }, { order: 2, amount: 20 }] }; // prettier-ignore

    const result = await runTask(server, 'load', { inputs: { 'server-a.extract': extracted } });

    expect(result).toMatchObject({ output: { loaded: 2, total: 30 } });
  });

  test('report converts the total into every currency', async () => {
    const inputs = { load: { total: 30 }, 'server-a.prices': { rates: { EUR: 1, USD: 1.5 } } };

    expect(await runTask(server, 'report', { inputs })).toMatchObject({
      output: { totals: { EUR: 30, USD: 45 } },
    });
  });

  test('report without its inputs fails for good and says what to do', async () => {
    expect(await runTask(server, 'report')).toMatchObject({
      error: { code: 'no_input', retryable: false, description: expect.stringContaining('server-a.prices') },
    });
  });

  test('convert and archive work on the elements of a list', async () => {
    expect(await runTask(server, 'convert', { item: { value: 'north.csv' } })).toMatchObject({
      output: { file: 'north.json' },
    });
    const inputs = { convert: [{ file: 'north.json' }, { file: 'south.json' }] };
    expect(await runTask(server, 'archive', { inputs })).toMatchObject({
      output: { archived: ['north.json', 'south.json'] },
    });
  });
});
