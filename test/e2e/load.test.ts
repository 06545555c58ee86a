import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventType, RETURNED, type JsonObject, type TaskError } from '@cordyna/protocol/model';
import { awaitUntil, installation, PARTITIONS, startSdkServer } from '@cordyna/testkit';
import type { DumpedRecord, Installation, SdkServer } from '@cordyna/testkit';
import { fanOut } from './load/fan-out.js';

const INVOCATIONS = 5_000;
const REQUESTS_AT_ONCE = 500;
const DONE_MS = 120_000;

jest.setTimeout(DONE_MS + 60_000);

interface Said {
  readonly type: string;
  readonly source: string;
  readonly data: JsonObject;
}

const said = (records: readonly DumpedRecord[]): Said[] =>
  records.map(({ value }) => JSON.parse(value ?? '{}') as Said);

const countBy = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

describe.each([1, 2])('a server of concurrency 10, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let server: SdkServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators });
    server = await startSdkServer({
      ...cordyna,
      declaration: { server: 'busy', tasks: [{ name: 'work', timeouts: { startMs: 5_000 } }] },
      behaviours: { work: { sleepMs: 20 } },
      concurrency: 10,
    });
    await cordyna.api.untilOnline('busy');
  }, 120_000);

  test('runs 5,000 invocations of 20 ms with a startMs of 5 s, each once, and none times out', async () => {
    for (let sent = 0; sent < INVOCATIONS; sent += REQUESTS_AT_ONCE) {
      const requests = Array.from({ length: REQUESTS_AT_ONCE }, () =>
        cordyna.bus.runRequest({ task: 'busy.work' }),
      );
      await cordyna.bus.write(
        'invocations',
        requests.map((request) => ({ ...request, partition: (sent / REQUESTS_AT_ONCE) % PARTITIONS })),
      );
    }
    await awaitUntil(
      `all ${INVOCATIONS} were executed`,
      () => {
        const executed = server.executions().length;
        if (executed >= INVOCATIONS) return true;
        throw new Error(`${executed} were executed`);
      },
      { timeoutMs: DONE_MS, everyMs: 500 },
    );
    await awaitUntil('no run is unfinished', async () => {
      const { items } = await cordyna.api.runs({ state: 'running', limit: 1 });
      return items.length === 0;
    });

    const events = said(await cordyna.dump('events'));
    const updates = events.filter(({ source }) => !source.startsWith('/cerebro/'));
    // Flow control is approximate: what is too much for the server comes back and is invoked again.
    const errors = events.filter(({ type }) => type === EventType.taskError).map(({ data }) => data['error']);
    const codes = countBy(errors.map((error) => (error as unknown as TaskError).code));
    expect(Object.keys(codes).filter((code) => code !== RETURNED)).toEqual([]);
    const returned = codes[RETURNED] ?? 0;
    expect(countBy(updates.map(({ type }) => type))).toMatchObject({
      [EventType.taskStarted]: INVOCATIONS,
      [EventType.taskCompleted]: INVOCATIONS,
    });
    const finished = events.filter(({ type }) => type === EventType.runFinished);
    const runs = new Map(finished.map(({ data }) => [data['run'], data['state']]));
    expect(countBy([...runs.values()].map(String))).toEqual({ completed: INVOCATIONS });

    const commands = said(await cordyna.dump('commands.busy'));
    expect(countBy(commands.map(({ type }) => type))).toEqual({
      [EventType.taskInvoke]: INVOCATIONS + returned,
    });
    expect(new Set(commands.map(({ data }) => data['invocation'])).size).toBe(INVOCATIONS + returned);
    const executed = server.executions().map(({ run }) => run);
    expect(executed.length).toBe(INVOCATIONS);
    expect(new Set(executed)).toEqual(new Set(runs.keys()));
  });

  if (coordinators === 2) fanOut(() => cordyna);
});
