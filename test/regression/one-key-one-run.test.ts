import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventType, type JsonObject, type RunRequest } from '@cordyna/protocol/model';
import { ApiError, awaitUntil, installation, PARTITIONS, scriptedServer } from '@cordyna/testkit';
import type { Installation, ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

const tasks = ['one', 'two'].map((name) => ({
  name,
  timeouts: { ackMs: 300_000 },
  argsSchema: { type: 'object', properties: { day: { type: 'string' } } },
}));

describe.each([1, 2])('one key is one run, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let server: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators });
    server = await scriptedServer(cordyna.brokers, cordyna.prefix, { server: 'desk', tasks });
  }, 120_000);

  const onBus = (request: RunRequest, partition = 0, attributes?: JsonObject) =>
    cordyna.bus.write('invocations', [{ ...cordyna.bus.runRequest(request, attributes), partition }]);
  const refused = async (request: RunRequest): Promise<unknown> => {
    const error = await cordyna.api.createRun(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    return (error as ApiError).problem;
  };
  const invokesOf = (task: string, args: JsonObject): string[] =>
    server.invokes
      .filter((invoke) => invoke.task === task && JSON.stringify(invoke.args) === JSON.stringify(args))
      .map(({ run }) => run);
  /** What came before it on the same partition was decided before it. */
  async function untilDecided(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) {
      const run = randomUUID();
      await onBus({ task: 'desk.two', run }, partition);
      await awaitUntil(`run ${run} exists`, () => cordyna.api.run(run));
    }
  }

  test('a hundred equal requests, on the bus and over HTTP at once, are one run', async () => {
    const request = { task: 'desk.one', args: { day: 'monday' }, idempotencyKey: 'monday' };
    const [overHttp] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => cordyna.api.createRun(request))),
      ...Array.from({ length: 50 }, (_, at) => onBus(request, at % PARTITIONS)),
    ]);
    const run = overHttp[0] ?? '';
    expect(new Set(overHttp)).toEqual(new Set([run]));
    await untilDecided(Array.from({ length: PARTITIONS }, (_, at) => at));
    await server.untilInvoked(run, 'desk.one');

    const { items } = await cordyna.api.runs({ task: 'desk.one' });
    expect(items.map((item) => item.run)).toEqual([run]);
    expect(invokesOf('desk.one', { day: 'monday' })).toEqual([run]);
    const events = (await cordyna.dump('events')).map(({ value }) => JSON.parse(value ?? '{}'));
    const created = events.filter(
      ({ type, data }) => type === EventType.runCreated && data.task === 'desk.one',
    );
    expect([...new Set(created.map(({ data }) => data.run as string))]).toEqual([run]);
    expect(await cordyna.dump('dead-letters')).toEqual([]);
  });

  test('the same key with other content is refused, over HTTP and on the bus', async () => {
    const key = 'refused';
    const run = await cordyna.api.createRun({ task: 'desk.one', args: { day: 'a' }, idempotencyKey: key });
    const other = { task: 'desk.one', args: { day: 'b' }, idempotencyKey: key };
    expect(await refused(other)).toMatchObject({
      type: '/problems/key-reused',
      status: 409,
      detail: expect.stringContaining(run),
    });
    const [record] = await onBus(other, 3);
    const letter = await cordyna.untilDeadLetter(record!);
    expect(letter).toMatchObject({ reason: 'key_reused', detail: expect.stringContaining(run) });
    expect(invokesOf('desk.one', { day: 'b' })).toEqual([]);
  });

  test('the same key for another task is another run', async () => {
    const one = await cordyna.api.createRun({ task: 'desk.one', idempotencyKey: 'shared' });
    const two = await cordyna.api.createRun({ task: 'desk.two', idempotencyKey: 'shared' });
    expect(one).not.toBe(two);
  });

  test('the header Idempotency-Key is the key of the body, and one on the bus is the same key', async () => {
    const args = { day: 'header' };
    const key = { 'idempotency-key': 'in the header' };
    const first = await cordyna.api.createRun({ task: 'desk.one', args }, key);
    const body = { task: 'desk.one', args, idempotencyKey: 'in the header' };
    expect(await cordyna.api.createRun(body)).toBe(first);
    await onBus(body, 1);
    await untilDecided([1]);
    await server.untilInvoked(first, 'desk.one');
    expect(invokesOf('desk.one', args)).toEqual([first]);
    expect(
      (await cordyna.api.request('POST', '/api/v1/runs', { body, headers: { 'idempotency-key': 'x' } }))
        .status,
    ).toBe(400);
  });

  test('without a key a message is known by its source and id, and equal content is no repetition', async () => {
    const args = { day: 'keyless' };
    const same = { id: randomUUID(), source: '/reports/weekly' };
    for (const partition of [1, 2]) await onBus({ task: 'desk.one', args }, partition, same);
    await onBus({ task: 'desk.one', args }, 1, { ...same, id: randomUUID() });
    await onBus({ task: 'desk.one', args }, 2, { ...same, source: '/reports/daily' });
    await untilDecided([1, 2]);
    await awaitUntil('three are invoked', () => invokesOf('desk.one', args).length >= 3);
    await cordyna.api.createRun({ task: 'desk.one', args });
    await awaitUntil('one more is invoked', () => invokesOf('desk.one', args).length >= 4);
    expect(new Set(invokesOf('desk.one', args)).size).toBe(4);
    expect(invokesOf('desk.one', args).length).toBe(4);
  });

  test('a run id chosen by the caller is one run in either case of its letters, with the same content', async () => {
    const run = randomUUID();
    const request = { task: 'desk.one', args: { day: 'chosen' }, run };
    const upper = { ...request, run: run.toUpperCase() };
    const [first, second] = await Promise.all([
      cordyna.api.createRun(request),
      cordyna.api.createRun(upper),
      onBus(request, 1),
      onBus(upper, 2),
    ]);
    expect([first, second]).toEqual([run, run]);
    await untilDecided([1, 2]);
    expect(await refused({ ...request, args: {} })).toMatchObject({ status: 409 });
    const [record] = await onBus({ ...request, task: 'desk.two' }, 1);
    expect(await cordyna.untilDeadLetter(record!)).toMatchObject({ reason: 'key_reused' });
    await server.untilInvoked(run, 'desk.one');
    expect(invokesOf('desk.one', { day: 'chosen' })).toEqual([run]);
  });

  test('a request that was refused has used no key', async () => {
    const request = { task: 'desk.one', args: { day: 5 }, idempotencyKey: 'second try' };
    expect(await refused(request)).toMatchObject({ type: '/problems/invalid-args', status: 422 });
    const run = await cordyna.api.createRun({ ...request, args: { day: 'five' } });
    await server.untilInvoked(run, 'desk.one');
  });
});
