import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor((await testDatabase()).url, 'copies');
});
afterAll(async () => {
  await door.close();
});

const invokeOf = (run: string, task: string) =>
  awaitUntil(`${task} is invoked`, async () => door.invokeOf(run, task));

test('a task that a newer declaration leaves out is still invoked in the run that has it', async () => {
  const second = { name: 'second', dependsOn: ['first'], args: { version: 1 } };
  await door.declare({ server: 's', tasks: [{ name: 'first' }, second] });
  const run = await door.request('s.first');
  const first = await invokeOf(run, 's.first');
  await door.declare({ server: 's', tasks: [{ name: 'first' }] });
  await door.report(first, { report: 'completed', output: {} });
  const invoke = JSON.parse(String((await invokeOf(run, 's.second')).value)) as { data: { args: object } };
  expect(invoke.data.args).toEqual({ version: 1 });

  const later = await door.request('s.first');
  const view = await door.persistence.queries.run(later);
  expect(view?.tasks.map(({ task }) => task)).toEqual(['s.first']);
});

test('once its server is withdrawn it ends in server_withdrawn', async () => {
  await door.declare({ server: 't', tasks: [{ name: 'first' }, { name: 'second', dependsOn: ['first'] }] });
  const run = await door.request('t.first');
  const first = await invokeOf(run, 't.first');
  const where = { topic: 't.d', partition: 0, offset: 0n, key: Buffer.from('t'), value: null };
  await door.submit({ kind: 'withdraw', server: 't', where });
  await door.report(first, { report: 'completed', output: {} });
  const view = await door.persistence.queries.run(run);
  expect(view?.tasks[1]).toMatchObject({ state: 'error', error: { code: 'server_withdrawn' } });
});
