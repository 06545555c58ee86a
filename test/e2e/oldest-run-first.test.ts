import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import { awaitUntil, installation, scriptedServer } from '@cordyna/testkit';
import type { Installation, ScriptedServer } from '@cordyna/testkit';

const OLD = 15;
const NEW = 45;
const MAX_RUNS = 200;
/** Coordinators look at each other's waiting runs twice a second; a busy machine is late with it. */
const UNSEEN_MS = 2_000;

jest.setTimeout(120_000);

describe.each([
  { coordinators: 1, overtakenMs: 0 },
  { coordinators: 2, overtakenMs: UNSEEN_MS },
])('a server that has room for one, with $coordinators coordinator(s)', ({ coordinators, overtakenMs }) => {
  let cordyna: Installation;
  let server: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators, env: { CORDYNA_LOST_AFTER_MS: '60000' } });
    const declaration = { server: 'narrow', tasks: [{ name: 'work' }] };
    server = await scriptedServer(cordyna.brokers, cordyna.prefix, declaration);
    const source = `/servers/narrow/${server.instance}`;
    const heartbeat = { server: 'narrow', instance: server.instance, state: 'online', capacity: 1 };
    const event = cordyna.bus.event(EventType.serverHeartbeat, { ...heartbeat, queueLimit: 0 }, { source });
    await cordyna.bus.write('servers', [{ ...event, key: 'narrow' }]);
    await cordyna.api.untilOnline('narrow');
  });

  const isWaiting = async (run: string): Promise<boolean> => {
    const { tasks } = await cordyna.api.run(run);
    return tasks[0]?.reason === 'waiting for capacity of narrow';
  };

  /** Creates runs until so many wait: a coordinator that has not counted yet gives away more than there is. */
  async function createWaiting(count: number): Promise<number> {
    let created = 0;
    for (let waiting = 0; waiting < count; created++) {
      expect(created).toBeLessThan(MAX_RUNS - NEW);
      const run = await cordyna.api.createRun({ task: 'narrow.work' });
      if (await isWaiting(run)) waiting += 1;
    }
    return created;
  }

  /** Completes what is invoked, as soon as it is, until so many are done. */
  async function completeAll(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      const command = await awaitUntil(`invoke ${done + 1} of ${count}`, () => server.invokes[done], {
        timeoutMs: 30_000,
        everyMs: 5,
      });
      await server.say(command, 'completed');
    }
  }

  /** What was invoked, in the order of the records on the command topic; those of one decision have the same time. */
  async function invoked(): Promise<{ run: string; createdAt: number; invokedAt: number }[]> {
    const records = await cordyna.dump('commands.narrow');
    const { items } = await cordyna.api.runs({ task: 'narrow.work', limit: MAX_RUNS });
    const created = new Map(items.map(({ run, createdAt }) => [run, Date.parse(createdAt)]));
    const found = records.map(({ value, timestampMs: invokedAt }) => {
      const { run } = (JSON.parse(value ?? '{}') as { data: { run: string } }).data;
      return { run, invokedAt, createdAt: created.get(run) ?? NaN };
    });
    return found.sort((a, b) => a.invokedAt - b.invokedAt);
  }

  test('gets old runs first while new ones keep coming', async () => {
    const old = await createWaiting(OLD);
    const served = completeAll(old + NEW);
    for (let sent = 0; sent < NEW; sent++) await cordyna.api.createRun({ task: 'narrow.work' });
    await served;

    const order = await invoked();
    expect(new Set(order.map(({ run }) => run)).size).toBe(old + NEW);
    expect(order.every(({ createdAt }) => createdAt > 0)).toBe(true);
    const overtaken = order.flatMap(({ createdAt, invokedAt }, at) =>
      order.slice(0, at).flatMap((before) => {
        const ms = before.createdAt - createdAt;
        const isOvertaken = ms > overtakenMs && before.invokedAt < invokedAt;
        return isOvertaken ? [`${before.run} was invoked before a run that is ${ms} ms older`] : [];
      }),
    );
    expect(overtaken).toEqual([]);
  });
});
