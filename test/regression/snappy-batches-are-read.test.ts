import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  SNAPPY,
  awaitUntil,
  installation,
  outside,
  scriptedServer,
  startSdkServer,
  createTopics,
  writeSnappy,
} from '@cordyna/testkit';
import type { Installation, OutsideRecord, SdkServer, Written } from '@cordyna/testkit';

jest.setTimeout(60_000);
writeSnappy();

const tasks = [{ name: 'good', args: { text: 'x'.repeat(2_000) }, timeouts: { ackMs: 300_000 } }];

describe.each([1, 2])('snappy batches are read, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let sdk: SdkServer;
  const early: string[] = [];

  /** Topics that somebody made before, who compresses; and messages that lie there already. */
  async function madeByOthers(brokers: readonly string[], prefix: string): Promise<void> {
    const topic = (name: string) => ({
      topic: `${prefix}.${name}`,
      numPartitions: 2,
      configEntries: [{ name: 'compression.type', value: 'snappy' }],
    });
    await createTopics(brokers, ['invocations', 'commands.sdk'].map(topic));
    const bus = await outside(brokers, prefix);
    const records = Array.from({ length: 5 }, () => {
      const run = randomUUID();
      early.push(run);
      return { ...bus.runRequest({ task: 'no.body', run }), partition: 1 };
    });
    await bus.write('invocations', records, { compression: SNAPPY });
  }

  beforeAll(async () => {
    cordyna = await installation({ coordinators, before: madeByOthers });
    sdk = await startSdkServer({ ...cordyna, declaration: { server: 'sdk', tasks: [{ name: 'work' }] } });
    await cordyna.api.untilOnline('sdk');
  }, 120_000);

  test('what lay on a topic that somebody else made was read when the coordinator came', async () => {
    const offsets = early.map((_, at) => BigInt(at));
    const topic = `${cordyna.prefix}.invocations`;
    for (const offset of offsets) {
      const letter = await cordyna.untilDeadLetter({ topic, partition: 1, offset });
      expect(letter.reason).toBe('unknown_task');
    }
  });

  test('a batch of good and bad messages is handled one by one', async () => {
    const { bus } = cordyna;
    const runs = Array.from({ length: 50 }, () => randomUUID());
    const good = runs.map((run) =>
      bus.runRequest({ task: 'sdk.work', run, args: { text: 'x'.repeat(2_000) } }),
    );
    const bad: OutsideRecord = { key: 'bad', value: 'no JSON' };
    const written = await bus.write('invocations', [...good.slice(0, 25), bad, ...good.slice(25)], {
      compression: SNAPPY,
    });
    expect(await cordyna.untilDeadLetter(written[25] as Written)).toMatchObject({ reason: 'not_json' });
    const ended = await Promise.all(runs.map((run) => cordyna.api.untilFinished(run)));
    expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['completed']));
    expect(
      sdk
        .executions()
        .map(({ run }) => run)
        .sort(),
    ).toEqual([...runs].sort());
  });

  test('so are declarations, heartbeats, updates and signals', async () => {
    const { bus, api, brokers, prefix } = cordyna;
    const options = { compression: SNAPPY };
    const server = await scriptedServer(brokers, prefix, { server: 'desk', tasks });
    const id = randomUUID();
    await bus.write('declarations', [bus.declaration({ server: 'desk', version: id, tasks })], options);
    await awaitUntil('the declaration is in force', async () =>
      (await api.servers()).some(({ version }) => version === id),
    );
    const heartbeat = { server: 'desk', instance: 'desk-snappy', state: 'online', capacity: 5 } as const;
    await bus.write('servers', [bus.heartbeat(heartbeat)], options);
    await api.untilOnline('desk');
    const run = await api.createRun({ task: 'desk.good' });
    const { invocation, task, attempt, lease } = await server.untilInvoked(run, 'desk.good');
    const data = { invocation, run, task, attempt, lease, instance: 'desk-snappy' };
    const updates = ['started', 'completed'].map((update) => ({
      ...bus.event(`cordyna.task.${update}.v1`, data),
      key: run,
    }));
    await bus.write('events', updates, options);
    expect((await api.untilFinished(run)).tasks).toMatchObject([
      { state: 'completed', instance: 'desk-snappy' },
    ]);
    const [, bad] = await bus.write('signals', [bus.event('org.example', {}), { value: 'bad' }], options);
    expect(await cordyna.untilDeadLetter(bad!)).toMatchObject({ reason: 'not_json' });
  });
});
