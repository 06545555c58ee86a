import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { awaitUntil, installation, scriptedServer } from '@cordyna/testkit';
import type { Answer, Installation, ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

const AT = '/api/v1/job-definitions';
const declaration = {
  server: 'shop',
  tasks: [{ name: 'orders', args: { limit: 10, from: 'definition' } }, { name: 'stock' }],
};
const nightly = {
  args: { from: 'job', level: 'job' },
  tasks: [
    { task: 'shop.orders', args: { level: 'entry' } },
    { task: 'shop.stock', dependsOn: ['shop.orders'] },
  ],
};

describe('job definitions, with two coordinators', () => {
  let cordyna: Installation;
  let shop: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators: 2 });
    shop = await scriptedServer(cordyna.brokers, cordyna.prefix, declaration);
    await awaitUntil('it is declared', async () => (await cordyna.api.servers()).length === 1);
  }, 120_000);

  /** Of the first coordinator, or of another one. */
  const call = (method: string, path: string, body?: object, at = 0): Promise<Answer> =>
    (cordyna.cerebros[at] ?? cordyna).api.request(method, path, { body });

  test('a definition made on one coordinator runs on the other, with arguments that can be read back', async () => {
    const made = await call('POST', AT, { name: 'nightly', author: 'ann', reason: 'close', ...nightly });
    expect(made).toMatchObject({ status: 201, body: { outcome: 'created', version: 1, warnings: [] } });
    expect(await call('POST', AT, { name: 'nightly', ...nightly }, 1)).toMatchObject({ status: 409 });

    const started = await call('POST', '/api/v1/jobs', { job: 'nightly', args: { from: 'run' } }, 1);
    expect(started.status).toBe(202);
    const { run } = started.body as { run: string };
    const orders = await shop.untilInvoked(run, 'shop.orders');
    expect(orders.args).toEqual({ limit: 10, from: 'run', level: 'entry' });
    const argsOf = async (task: string) =>
      (await call('GET', `/api/v1/runs/${run}/tasks/${task}/args`, undefined, 1)).body;
    expect(await argsOf('shop.stock')).toMatchObject({ attempt: null, args: { from: 'run', level: 'job' } });
    await shop.say(orders, 'completed', { output: { level: 'output', sold: 3 } });
    await shop.say(await shop.untilInvoked(run, 'shop.stock'), 'completed', { output: {} });
    expect((await cordyna.api.untilFinished(run)).state).toBe('completed');
    expect(await argsOf('shop.stock')).toEqual({
      run,
      task: 'shop.stock',
      item: null,
      attempt: 1,
      args: { from: 'run', level: 'output', sold: 3 },
      origins: { from: 'run', level: 'output:shop.orders', sold: 'output:shop.orders' },
      sources: [
        { origin: 'job', args: nightly.args },
        { origin: 'run', args: { from: 'run' } },
      ],
    });
    const [first] = await cordyna.api.history(run);
    expect(first?.data).toMatchObject({ job: 'nightly', jobVersion: 1 });
    expect((await call('GET', '/api/v1/jobs?job=nightly')).body).toMatchObject({ items: [{ run }] });
  });

  test('a file applied on one coordinator is in force on the other, and is exported there', async () => {
    const file = { jobs: { filed: { tasks: [{ task: 'shop.orders' }] } } };
    const applied = await call('POST', '/api/v1/apply?author=ann', file);
    expect(applied).toMatchObject({
      status: 200,
      body: { changes: [{ name: 'filed', outcome: 'created' }] },
    });
    const exported = await call('GET', '/api/v1/export', undefined, 1);
    expect(exported.headers.get('content-type')).toMatch(/^application\/yaml/);
    expect(exported.body).toMatch(/^ {2}filed:\n {4}tasks:\n {6}- task: shop\.orders\n/m);
    expect((await call('POST', '/api/v1/jobs', { job: 'filed' }, 1)).status).toBe(202);
    const wrong = { jobs: { other: file.jobs.filed, filed: { tasks: [{ task: 'shop.orders', on: 1 }] } } };
    expect(await call('POST', '/api/v1/apply', wrong)).toMatchObject({
      ...{ status: 422, body: { errors: [{ path: '/jobs/filed/tasks/0/on', line: 1 }] } },
    });
    expect((await call('GET', `${AT}/other`, undefined, 1)).status).toBe(404);
  });

  test('what is refused changes nothing, and every version is kept', async () => {
    const cyclic = [
      { task: 'shop.orders', dependsOn: ['shop.stock'] },
      { task: 'shop.stock', dependsOn: ['shop.orders'] },
    ];
    const refused = await call('PUT', `${AT}/changing`, { tasks: cyclic });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/tasks/0/dependsOn' }] } });
    expect((await call('GET', `${AT}/changing`)).status).toBe(404);

    const tasks = [{ task: 'shop.orders' }];
    await call('PUT', `${AT}/changing`, { tasks, author: 'ann' });
    // Of changes meant for the same version one is made, whoever is asked.
    const both = await Promise.all(
      [0, 1].map((at) =>
        cordyna.cerebros[at]?.api.request('PUT', `${AT}/changing`, {
          body: { tasks, args: { at } },
          headers: { 'if-match': '"1"' },
        }),
      ),
    );
    expect(both.map((answer) => answer?.status).sort()).toEqual([200, 412]);
    expect((await call('DELETE', `${AT}/changing?author=bob&reason=over`)).status).toBe(200);
    expect((await call('POST', '/api/v1/jobs', { job: 'changing' }, 1)).status).toBe(404);
    const { items } = (await call('GET', `${AT}/changing/versions`, undefined, 1)).body as {
      items: { version: number; author: string | null }[];
    };
    expect(items.map(({ version, author }) => `${version} ${author}`)).toEqual(['3 bob', '2 null', '1 ann']);
  });
});
