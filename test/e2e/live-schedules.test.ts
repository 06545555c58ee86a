import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { awaitUntil, installation, scriptedServer } from '@cordyna/testkit';
import type { Answer, Installation, ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

const AT = '/api/v1/schedules';
const HOUR_MS = 3_600_000;
const task = { timeouts: { ackMs: 300_000 } };
const names = ['tick', 'queued', 'cancelled', 'fired'];
const declaration = {
  server: 'clock',
  tasks: [...names.map((name) => ({ name, ...task })), { name: 'hourly', everyMs: HOUR_MS, ...task }],
};
const by = { author: 'ann', reason: 'a test' };

interface Firing {
  readonly scheduledFor: string;
  readonly outcome: string;
  readonly run: string | null;
}

describe('schedules made over HTTP, with two coordinators', () => {
  let cordyna: Installation;
  let clock: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators: 2 });
    clock = await scriptedServer(cordyna.brokers, cordyna.prefix, declaration);
    await awaitUntil('it is declared', async () => (await cordyna.api.servers()).length === 1);
  }, 120_000);

  const call = async (
    status: number,
    method: string,
    path: string,
    body?: object,
  ): Promise<Answer['body']> => {
    const answer = await cordyna.api.request(method, `${AT}${path}`, { body });
    expect({ path, ...answer }).toMatchObject({ status });
    return answer.body;
  };
  /** Oldest first. */
  const firings = async (name: string) =>
    ((await call(200, 'GET', `/${name}/firings?limit=500`)) as Firing[]).reverse();
  const runsOf = async (name: string) =>
    (await firings(name)).flatMap(({ outcome, run }) => (outcome === 'run' && run ? [run] : []));
  const untilRuns = (name: string, count: number): Promise<string[]> =>
    awaitUntil(`${count} runs of ${name}`, async () => {
      const runs = await runsOf(name);
      return runs.length >= count ? runs : undefined;
    });
  const end = async (run: string, name: string): Promise<void> => {
    await clock.say(await clock.untilInvoked(run, `clock.${name}`), 'completed', { output: {} });
  };

  test('one that is made fires at once, stops while it is paused, and ends when it is removed', async () => {
    const body = {
      name: 'often',
      task: 'clock.tick',
      everyMs: 100,
      overlap: 'allow',
      args: { by: 'schedule' },
    };
    const madeAt = Date.now();
    await call(201, 'POST', '', { ...body, ...by });
    const [first = ''] = await untilRuns('often', 3);
    const invoke = await clock.untilInvoked(first, 'clock.tick');
    expect(invoke).toMatchObject({
      args: { by: 'schedule' },
      trigger: { kind: 'schedule', schedule: 'often' },
    });
    expect(Date.parse((await firings('often'))[0]?.scheduledFor ?? '') - madeAt).toBeLessThan(1_000);

    await call(200, 'POST', '/often/pause', by);
    await call(409, 'POST', '/often/pause');
    const atPause = (await firings('often')).length;
    expect(await call(200, 'GET', '/often')).toMatchObject({ state: 'paused', paused: by, changed: by });
    // Another schedule of both coordinators shows that time has passed.
    await call(201, 'POST', '', { ...body, name: 'witness' });
    await untilRuns('witness', 8);
    expect((await firings('often')).length).toBe(atPause);
    await call(200, 'POST', '/often/resume');
    await awaitUntil('it fires again', async () => (await firings('often')).length > atPause);

    for (const name of ['often', 'witness']) await call(200, 'DELETE', `/${name}?author=ann`);
    await call(404, 'GET', '/often');
    const times = (await firings('often')).map(({ scheduledFor }) => Date.parse(scheduledFor));
    expect(new Set(times).size).toBe(times.length);
    const runs = await runsOf('often');
    expect(new Set(runs).size).toBe(runs.length);
    const { items } = (await call(200, 'GET', '/often/versions')) as { items: { body: unknown }[] };
    expect(items.map((version) => version.body === null)).toEqual([true, false]);
  });

  test('what is queued runs one after the other, each due time once', async () => {
    const soon = new Date(Date.now() + 300);
    const season = { startsAt: soon.toISOString(), endsAt: new Date(soon.getTime() + 200).toISOString() };
    await call(201, 'POST', '', {
      name: 'line',
      task: 'clock.queued',
      everyMs: 100,
      overlap: 'queue',
      ...season,
    });
    await awaitUntil('two wait', async () => {
      const { waiting } = (await call(200, 'GET', '/line')) as { waiting: string[] };
      return waiting.length === 2;
    });
    for (const count of [1, 2, 3]) {
      const runs = await untilRuns('line', count);
      expect(runs).toHaveLength(count);
      await end(runs[count - 1] ?? '', 'queued');
    }
    expect(
      (await firings('line')).map(({ scheduledFor }) => Date.parse(scheduledFor) - soon.getTime()),
    ).toEqual([0, 100, 200]);
    await awaitUntil('it has ended', async () => {
      const { state } = (await call(200, 'GET', '/line')) as { state: string };
      return state === 'ended';
    });
  });

  test('a due time cancels the run before it where that is the rule', async () => {
    await call(201, 'POST', '', {
      ...{ name: 'newest', task: 'clock.cancelled', everyMs: 400, overlap: 'cancel-running' },
    });
    const [first = ''] = await untilRuns('newest', 2);
    expect((await cordyna.api.untilFinished(first)).state).toBe('cancelled');
    await call(200, 'DELETE', '/newest');
  });

  test('a declared one is overridden with author and reason, and reverted to what is declared', async () => {
    const refused = (await call(422, 'PUT', '/clock.hourly', { everyMs: 100 })) as {
      errors: { path: string }[];
    };
    expect(refused.errors.map(({ path }) => path)).toEqual(['/author', '/reason']);
    const declared = { everyMs: HOUR_MS, cron: null, timezone: 'UTC' };
    const before = (await call(200, 'GET', '/clock.hourly')) as { nextDueAt: string };
    await call(200, 'PUT', '/clock.hourly', { everyMs: 100, ...by });
    expect(await call(200, 'GET', '/clock.hourly')).toMatchObject({
      everyMs: 100,
      declared,
      changed: by,
      version: 1,
    });
    const [run = ''] = await untilRuns('clock.hourly', 1);
    await call(200, 'DELETE', '/clock.hourly?author=bob&reason=done');
    expect(await call(200, 'GET', '/clock.hourly')).toMatchObject({
      ...{ everyMs: HOUR_MS, declared, changed: null, definition: null, nextDueAt: before.nextDueAt },
    });
    await end(run, 'hourly');
  });

  test('one fires now by a key once, and says when it is due next', async () => {
    await call(201, 'POST', '', { name: 'yearly', task: 'clock.fired', cron: '0 0 1 1 *' });
    const fire = () =>
      cordyna.api.request('POST', `${AT}/yearly/fire`, { body: by, headers: { 'idempotency-key': 'once' } });
    const [one, two] = await Promise.all([fire(), fire()]);
    expect([one?.status, two?.status]).toEqual([202, 202]);
    expect(one?.body).toEqual(two?.body);
    expect(await runsOf('yearly')).toHaveLength(1);
    const { due } = (await call(200, 'GET', '/yearly/preview?count=2')) as { due: string[] };
    expect(due.map((time) => time.slice(4))).toEqual(['-01-01T00:00:00.000Z', '-01-01T00:00:00.000Z']);
    const none = { task: 'clock.none', cron: '99 * * * *' };
    const refused = (await call(422, 'POST', '/preview', none)) as { errors: { path: string }[] };
    expect(refused.errors.map(({ path }) => path)).toEqual(['/task', '/cron']);
  });
});
