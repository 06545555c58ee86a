import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';
import { nowOf } from '../../apps/cerebro/test/persistence/support/now.js';

const EVERY_MS = 100;
const declaration = { server: 's', tasks: [{ name: 'tick', everyMs: EVERY_MS, args: { version: 1 } }] };
let doors: OpenDoor[];

beforeAll(async () => {
  const { url } = await testDatabase();
  doors = await Promise.all(['one', 'two', 'three'].map((name) => openDoor(url, name)));
  await doors[0]!.declare(declaration);
});
afterAll(async () => {
  await Promise.all(doors.map((door) => door.close()));
});

const queries = () => doors[0]!.persistence.queries;
const firings = async () => [...(await queries().firings('s.tick', 10_000))].reverse();
let made = 0;
/** All coordinators notice at once that something is due. */
const fire = () =>
  Promise.all(
    doors.map((door) => {
      const newRun = `00000000-0000-7000-8000-${String(++made).padStart(12, '0')}`;
      return door.submit({ kind: 'fire', schedule: 's.tick', newRun });
    }),
  );
const untilSettled = (more: number) =>
  awaitUntil(`${more} due times have passed`, async () => {
    const last = (await firings()).at(-1)?.scheduledFor;
    const since = last === undefined ? 0 : (await nowOf(doors[0]!.persistence.timers)) - Date.parse(last);
    return last === undefined || since > more * EVERY_MS;
  });
const invokeOf = (run: string) =>
  awaitUntil('it is invoked', async () =>
    doors.map((door) => door.invokeOf(run, 's.tick')).find((invoke) => invoke !== undefined),
  );

test('every due time is settled once; the newest runs, unless the run before it is unfinished', async () => {
  const first = await awaitUntil('the first run', async () => {
    await fire();
    return (await firings()).find(({ outcome }) => outcome === 'run');
  });
  await untilSettled(3);
  await fire();
  const held = await firings();
  expect(held.at(-1)).toMatchObject({
    outcome: 'skipped',
    reason: expect.stringContaining(first.run ?? '?'),
  });
  const outcomes = held
    .slice(held.findIndex(({ run }) => run === first.run) + 1)
    .map(({ outcome }) => outcome);
  expect(new Set(outcomes)).toEqual(new Set(['missed', 'skipped']));

  await doors[1]!.report(await invokeOf(first.run ?? ''), { report: 'completed', output: {} });
  await untilSettled(3);
  await fire();
  const all = await firings();
  const runs = all.filter(({ outcome }) => outcome === 'run');
  expect(runs).toHaveLength(2);
  // Whoever noticed a moment later may have found more of them due: the newest is skipped, those before it are missed.
  const later = all.slice(all.indexOf(runs[1]!) + 1);
  if (later.length > 0)
    expect(later.at(-1)).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining(runs[1]!.run!),
    });
  expect(later.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'missed')).toEqual([]);
  expect((await queries().runs({ task: 's.tick', limit: 10 })).items.map(({ run }) => run).sort()).toEqual(
    runs.map(({ run }) => run).sort(),
  );
  const times = all.map(({ scheduledFor }) => Date.parse(scheduledFor));
  expect(times).toEqual(times.map((_, at) => (times[0] ?? 0) + at * EVERY_MS));
});

test('the anchor outlives declarations that keep the interval, and a withdrawal', async () => {
  const anchor = Date.parse((await firings())[0]?.scheduledFor ?? '');
  await doors[1]!.declare({ ...declaration, tasks: [{ ...declaration.tasks[0]!, args: { version: 2 } }] });
  const where = { topic: 't.d', partition: 0, offset: 0n, key: Buffer.from('s'), value: null };
  await doors[2]!.submit({ kind: 'withdraw', server: 's', where });
  const before = (await firings()).length;
  await untilSettled(2);
  await fire();
  expect(await firings()).toHaveLength(before);
  await doors[2]!.declare(declaration);
  const later = await awaitUntil('it fires again', async () => {
    await fire();
    return (await firings())[before];
  });
  expect((Date.parse(later.scheduledFor) - anchor) % EVERY_MS).toBe(0);

  // Another value is another schedule, from when it was accepted.
  const tasks = [{ name: 'tick', everyMs: 3_600_000 }];
  await doors[0]!.declare({ server: 's', tasks });
  const settled = (await firings()).length;
  await fire();
  expect(await firings()).toHaveLength(settled);
});

test('a run that somebody retries is unfinished for the next firing, also where its schedule was read before', async () => {
  await doors[0]!.declare({ server: 'r', tasks: [{ name: 'often', everyMs: EVERY_MS }] });
  const settled = async () => [...(await queries().firings('r.often', 100))].reverse();
  const fireBy = (door: OpenDoor) => {
    const newRun = `00000000-0000-7000-9000-${String(++made).padStart(12, '0')}`;
    return door.submit({ kind: 'fire', schedule: 'r.often', newRun });
  };
  const { run } = await awaitUntil('the first run', async () => {
    await fireBy(doors[0]!);
    return (await settled()).find(({ outcome }) => outcome === 'run');
  });
  const invoke = await awaitUntil('it is invoked', () => doors[0]!.invokeOf(run ?? '', 'r.often'));
  const error = { code: 'failed', message: 'no' };
  await doors[0]!.report(invoke, { report: 'error', error });
  await doors[0]!.door.prepare(['r.often']);
  const input = { kind: 'retry' } as const;
  expect(await doors[1]!.submit({ kind: 'run-input', run: run ?? '', source: '/test', input })).toMatchObject(
    { kind: 'done' },
  );
  const before = (await settled()).length;
  await awaitUntil('it is due again', async () => {
    await fireBy(doors[0]!);
    return (await settled()).length > before;
  });
  expect((await settled()).slice(before).map(({ outcome }) => outcome)).not.toContain('run');
});
