import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { InvokeCommand, JsonObject } from '@cordyna/protocol/model';
import { awaitUntil, installation, scriptedServer } from '@cordyna/testkit';
import type { ApiHistoryRow, Installation, ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

const patient = { timeouts: { ackMs: 300_000 } };
const shop = {
  server: 'shop',
  tasks: [
    { name: 'orders', args: { from: 'definition', limit: 10 }, ...patient },
    { name: 'stock', ...patient },
    { name: 'report', dependsOn: ['orders', 'stock', 'bank.rates'], args: { title: 'all' }, ...patient },
    { name: 'mail', dependsOn: ['report'], ...patient },
  ],
  jobs: [
    {
      name: 'nightly',
      args: { from: 'job', level: 'job', currency: 'job' },
      tasks: [
        { task: 'orders', args: { level: 'entry' } },
        // Against the declared order, and without what is declared.
        { task: 'stock', dependsOn: ['orders'] },
        { task: 'report' },
        { task: 'bank.audit' },
      ],
    },
  ],
};
const bank = {
  server: 'bank',
  tasks: [
    { name: 'rates', ...patient },
    { name: 'audit', ...patient },
  ],
};

describe.each([1, 2])('jobs and scopes, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let servers: readonly ScriptedServer[];

  beforeAll(async () => {
    cordyna = await installation({ coordinators });
    const { brokers, prefix } = cordyna;
    servers = await Promise.all([shop, bank].map((one) => scriptedServer(brokers, prefix, one)));
    await awaitUntil('both are declared', async () => (await cordyna.api.servers()).length === 2);
  }, 120_000);

  const serverOf = (task: string): ScriptedServer =>
    servers[task.startsWith('shop.') ? 0 : 1] as ScriptedServer;
  const invoked = (run: string, task: string): Promise<InvokeCommand> =>
    serverOf(task).untilInvoked(run, task);
  async function complete(run: string, task: string, output: JsonObject = {}): Promise<InvokeCommand> {
    const command = await invoked(run, task);
    await serverOf(task).say(command, 'completed', { output });
    return command;
  }
  const invokedSoFar = (run: string): string[] =>
    servers.flatMap(({ invokes }) => invokes.filter((one) => one.run === run).map(({ task }) => task)).sort();

  test('a job runs its members by its own edges, its arguments merged in their order, the latest outputs given', async () => {
    const earlier = await cordyna.api.createRun({ task: 'bank.rates', scope: 'task' });
    await complete(earlier, 'bank.rates', { eur: 1 });
    await cordyna.api.untilFinished(earlier);

    const run = await cordyna.api.createRun({
      job: 'shop.nightly',
      args: { currency: 'run' },
      taskArgs: { 'shop.report': { title: 'nightly' } },
    });
    const orders = await invoked(run, 'shop.orders');
    await complete(run, 'bank.audit');
    expect(invokedSoFar(run)).toEqual(['bank.audit', 'shop.orders']);
    expect(orders.args).toEqual({ from: 'job', limit: 10, level: 'entry', currency: 'run' });
    expect(orders.trigger).toMatchObject({ kind: 'job', job: 'shop.nightly' });
    await serverOf('shop.orders').say(orders, 'completed', { output: { orders: 5, currency: 'output' } });
    await complete(run, 'shop.stock', { stock: 7 });
    const report = await complete(run, 'shop.report');
    expect(report.inputs).toEqual({
      'shop.orders': { orders: 5, currency: 'output' },
      'shop.stock': { stock: 7 },
      'bank.rates': { eur: 1 },
    });
    expect(report.args).toEqual({
      title: 'nightly',
      from: 'job',
      level: 'job',
      currency: 'output',
      orders: 5,
      stock: 7,
      eur: 1,
    });
    const ended = await cordyna.api.untilFinished(run);
    expect(ended).toMatchObject({ state: 'completed', trigger: { kind: 'job', job: 'shop.nightly' } });
    expect(invokedSoFar(run)).toEqual(['bank.audit', 'shop.orders', 'shop.report', 'shop.stock']);
    const row = (await cordyna.api.history(run)).find(
      ({ type, task }: ApiHistoryRow) => type === 'cordyna.task.invoked.v1' && task === 'shop.report',
    );
    expect(row?.data['origins']).toEqual({
      title: 'task',
      from: 'job',
      level: 'job',
      currency: 'output:shop.orders',
      orders: 'output:shop.orders',
      stock: 'output:shop.stock',
      eur: 'output:bank.rates',
    });
    expect((await cordyna.api.runs({ job: 'shop.nightly' })).items.map((item) => item.run)).toEqual([run]);
  });

  test('a failure in a job blocks by the edges of the job, and the others go on', async () => {
    const run = await cordyna.api.createRun({ job: 'shop.nightly' });
    const orders = await invoked(run, 'shop.orders');
    const error = { code: 'closed', message: 'the shop is closed', description: 'No orders on holidays.' };
    await serverOf('shop.orders').say(orders, 'error', { error });
    await complete(run, 'bank.audit');
    const ended = await cordyna.api.untilFinished(run);
    expect(ended.state).toBe('failed');
    expect(Object.fromEntries(ended.tasks.map((one) => [one.task, one.blockedBy ?? one.state]))).toEqual({
      'shop.orders': 'error',
      'shop.stock': 'shop.orders',
      'shop.report': 'shop.orders',
      'bank.audit': 'completed',
    });
    expect(ended.tasks.find(({ task }) => task === 'shop.orders')?.error).toMatchObject(error);
  });

  test('scope task runs it alone, with the latest outputs of what it depends on', async () => {
    for (const [task, output] of [
      ['shop.orders', { orders: 9 }],
      ['shop.stock', { stock: 8 }],
      ['bank.rates', { eur: 2 }],
    ] as const) {
      const run = await cordyna.api.createRun({ task, scope: 'task' });
      await complete(run, task, output);
      expect((await cordyna.api.untilFinished(run)).tasks.length).toBe(1);
    }
    for (const again of [1, 2]) {
      const run = await cordyna.api.createRun({ task: 'shop.report', scope: 'task', args: { again } });
      const report = await complete(run, 'shop.report');
      expect(report.inputs).toEqual({
        'shop.orders': { orders: 9 },
        'shop.stock': { stock: 8 },
        'bank.rates': { eur: 2 },
      });
      const ended = await cordyna.api.untilFinished(run);
      expect(ended.tasks.map(({ task, state }) => `${task} ${state}`)).toEqual(['shop.report completed']);
    }
  });
});
