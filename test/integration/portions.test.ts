import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const WIDTH = 400;
const branches = Array.from({ length: WIDTH }, (_, n) => `branch-${n}`);

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor((await testDatabase()).url, 'wide');
  await door.declare({
    server: 'wide',
    tasks: [{ name: 'top' }, ...branches.map((name) => ({ name, dependsOn: ['top'] }))],
  });
});
afterAll(() => door.close());

test('a wide graph begins with a few, which are at work while larger portions follow', async () => {
  const run = await door.request('wide.top');
  const top = await awaitUntil('the first is invoked', () => door.invokeOf(run, 'wide.top'));
  const portions: number[] = [];
  const send = door.bus.send.bind(door.bus);
  door.bus.send = (messages, stamp) => {
    const invokes = messages.filter(({ ackMs }) => ackMs !== null).length;
    if (invokes > 0) portions.push(invokes);
    return send(messages, stamp);
  };
  await door.report(top, { report: 'started' });
  await door.report(top, { report: 'completed', output: {} });
  await awaitUntil('all are invoked', () => portions.reduce((sum, one) => sum + one, 0) === WIDTH);
  expect(portions).toEqual([80, 250, 70]);
});
