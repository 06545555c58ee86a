import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';
import { nowOf } from '../../apps/cerebro/test/persistence/support/now.js';

const EVERY_MS = 100;
const RUN = '00000000-0000-7000-8000-000000000001';
let door: OpenDoor;

beforeAll(async () => {
  door = await openDoor((await testDatabase()).url, 'one');
  await door.declare({ server: 's', tasks: [{ name: 'tick', everyMs: EVERY_MS }] });
});
afterAll(() => door.close());

const fire = () => door.submit({ kind: 'fire', schedule: 's.tick', newRun: RUN });
const runs = async () =>
  (await door.persistence.queries.firings('s.tick', 100)).filter(({ outcome }) => outcome === 'run');

// Of a commit whose answer was lost nobody knows whether it took effect, so that it is decided again; the next due time may have come by then.
test('a firing that took effect is over, though its schedule is due again', async () => {
  const [first] = await awaitUntil('the first run', async () => {
    await fire();
    const made = await runs();
    return made.length > 0 && made;
  });
  const invoke = await awaitUntil('it is invoked', () => door.invokeOf(RUN, 's.tick'));
  await door.report(invoke, { report: 'completed', output: {} });
  const since = Date.parse(first!.scheduledFor);
  await awaitUntil(
    'it is due again',
    async () => (await nowOf(door.persistence.timers)) - since > 3 * EVERY_MS,
  );
  await fire();
  expect(await runs()).toEqual([first]);

  const newRun = '00000000-0000-7000-8000-000000000002';
  await door.submit({ kind: 'fire', schedule: 's.tick', newRun });
  expect((await runs()).map(({ run }) => run).sort()).toEqual([RUN, newRun]);
});
