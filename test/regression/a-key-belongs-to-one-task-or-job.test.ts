import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase } from '@cordyna/testkit';
import type { RunRequest } from '@cordyna/protocol/model';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor((await testDatabase()).url, 'keys');
  await door.declare({
    server: 's',
    tasks: [{ name: 'nightly' }],
    jobs: [{ name: 'nightly', tasks: [{ task: 'nightly' }] }],
  });
});
afterAll(async () => {
  await door.close();
});

let made = 0;
const newId = (): string => `00000000-0000-7000-8000-${String(++made).padStart(12, '0')}`;
const ask = async (request: RunRequest) =>
  door.submit({
    kind: 'run-requested',
    source: '/test',
    at: Date.now(),
    request,
    trigger: { kind: 'request' },
    fallbackKey: null,
    newRun: newId(),
    where: null,
  });

test('the same key for a task and for a job of the same name gives two runs', async () => {
  const task = await ask({ task: 's.nightly', idempotencyKey: 'monday' });
  const job = await ask({ job: 's.nightly', idempotencyKey: 'monday' });
  expect([task, job]).toMatchObject([{ created: true }, { created: true }]);
  expect(await ask({ job: 's.nightly', idempotencyKey: 'monday' })).toEqual({ ...job, created: false });
});

test('a key that found its run by the id of the run finds it again without the id', async () => {
  const run = newId();
  expect(await ask({ task: 's.nightly', run })).toEqual({ kind: 'run', run, created: true });
  const again = { kind: 'run', run, created: false };
  expect(await ask({ task: 's.nightly', run, idempotencyKey: 'later' })).toEqual(again);
  expect(await ask({ task: 's.nightly', idempotencyKey: 'later' })).toEqual(again);
  expect(await ask({ task: 's.nightly', args: { other: 1 }, idempotencyKey: 'later' })).toMatchObject({
    kind: 'refused',
    code: 'key_reused',
  });
});

test('a key gives its run when what it is for cannot be run any more', async () => {
  const request = { task: 's.nightly', args: { day: 1 }, idempotencyKey: 'before' };
  const { run } = (await ask(request)) as { run: string };
  await door.declare({ server: 's', tasks: [{ name: 'weekly' }] });
  expect(await ask(request)).toEqual({ kind: 'run', run, created: false });
  expect(await ask({ ...request, args: {} })).toMatchObject({ kind: 'refused', code: 'key_reused' });
  expect(await ask({ ...request, idempotencyKey: 'after' })).toMatchObject({ code: 'unknown_task' });
});
