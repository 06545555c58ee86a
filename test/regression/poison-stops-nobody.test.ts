import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventType, type DeadLetterReason, type JsonObject, type JsonValue } from '@cordyna/protocol/model';
import { awaitUntil, installation, scriptedServer } from '@cordyna/testkit';
import type { Api, Installation, OutsideRecord, ScriptedServer, Written } from '@cordyna/testkit';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
const POLL = { timeoutMs: 20_000, everyMs: 100 };
const TOPICS = ['declarations', 'servers', 'events', 'invocations', 'signals'] as const;
type Topic = (typeof TOPICS)[number];

/** Data that belongs on each topic and asks for something that does not exist. */
const DATA: Readonly<Record<Topic, JsonObject>> = {
  declarations: { server: 'poison', tasks: [{ name: 'a' }] },
  servers: { server: 'poison', instance: 'poison-1', state: 'online', capacity: 1 },
  events: { invocation: 'i', run: randomUUID(), task: 'poison.a', attempt: 1, lease: 'l', instance: 'p-1' },
  invocations: { task: 'poison.a' },
  signals: { any: 'thing' },
};
const TYPE: Readonly<Record<Topic, string>> = {
  declarations: EventType.serverDeclared,
  servers: EventType.serverHeartbeat,
  events: EventType.taskStarted,
  invocations: EventType.runRequested,
  signals: 'org.example.happened',
};

const envelope = (topic: Topic, data: unknown, attributes: JsonObject = {}): string =>
  JSON.stringify({
    specversion: '1.0',
    id: randomUUID(),
    source: '/outside',
    type: TYPE[topic],
    ...attributes,
    data,
  });
const withExtra = (topic: Topic, extra: JsonValue): string => envelope(topic, { ...DATA[topic], extra });
const deep = (levels: number): string =>
  withExtra('signals', 'HERE').replace('"HERE"', `${'['.repeat(levels)}${']'.repeat(levels)}`);

/** Where a record was, and what of it a dead letter keeps: its key, and the first 900 KiB of its value. */
function describeLetter({ topic, partition, offset }: Written, { key, value }: OutsideRecord): string {
  const kept =
    value === null
      ? null
      : Buffer.from(value)
          .subarray(0, 900 * 1024)
          .toString();
  const hash = kept === null ? 'no value' : createHash('sha256').update(kept).digest('hex').slice(0, 16);
  return `${topic}/${partition}/${offset} ${key}: ${hash}`;
}

type Bytes = string | Buffer | null;

/** What cannot be read on any topic. */
const UNREADABLE: readonly (readonly [string, DeadLetterReason, (topic: Topic) => Bytes])[] = [
  ['malformed JSON', 'not_json', (topic) => envelope(topic, DATA[topic]).slice(0, -1)],
  ['an empty value', 'not_json', () => ''],
  ['bytes that are not UTF-8', 'not_utf8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ['a NUL character', 'nul_character', (topic) => withExtra(topic, 'a\u0000b')],
  ['nesting of 20,000', 'too_deep', () => deep(20_000)],
  ['1.5 MiB', 'too_large', (topic) => withExtra(topic, 'x'.repeat(1.5 * MIB))],
  ['JSON that is no CloudEvent', 'not_a_cloudevent', (topic) => JSON.stringify(DATA[topic])],
];

/** What can be read, and is not right for its topic. */
const WRONG: readonly (readonly [string, Topic, DeadLetterReason, Partial<OutsideRecord>])[] = [
  ['a tombstone', 'servers', 'no_value', { value: null }],
  ['a tombstone', 'events', 'no_value', { value: null }],
  ['a tombstone', 'invocations', 'no_value', { value: null }],
  ['a tombstone', 'signals', 'no_value', { value: null }],
  ['a tombstone of nobody', 'declarations', 'no_value', { value: null, key: 'nobody' }],
  ['a tombstone without a name', 'declarations', 'no_value', { value: null, key: 'No Name' }],
  [
    'a task that nobody declared',
    'invocations',
    'unknown_task',
    { value: envelope('invocations', { task: 'no.body' }) },
  ],
  [
    'a job that nobody declared',
    'invocations',
    'unknown_job',
    { value: envelope('invocations', { job: 'nightly' }) },
  ],
  ['a run that does not exist', 'events', 'unknown_run', { value: envelope('events', DATA.events) }],
  ['wrong types', 'invocations', 'invalid_data', { value: envelope('invocations', { task: 5, args: [] }) }],
  [
    'wrong types',
    'events',
    'invalid_data',
    { value: envelope('events', { ...DATA.events, attempt: 'one' }) },
  ],
  [
    'wrong types',
    'servers',
    'invalid_data',
    { value: envelope('servers', { ...DATA.servers, capacity: 'many' }) },
  ],
  ['neither task nor job', 'invocations', 'invalid_data', { value: envelope('invocations', { args: {} }) }],
  ['data that is a list', 'invocations', 'invalid_data', { value: envelope('invocations', []) }],
  [
    'a type of another topic',
    'invocations',
    'unknown_type',
    { value: envelope('invocations', DATA.servers, { type: TYPE.servers }) },
  ],
  [
    'a type of another topic',
    'declarations',
    'unknown_type',
    { value: envelope('declarations', DATA.signals, { type: TYPE.signals }) },
  ],
  [
    'what only Cerebro says',
    'events',
    'forbidden_source',
    { value: envelope('events', {}, { type: EventType.runFinished }) },
  ],
  [
    'binary mode without a source',
    'invocations',
    'not_a_cloudevent',
    { value: '{}', headers: { ce_specversion: '1.0', ce_id: 'x', ce_type: TYPE.invocations } },
  ],
];

describe.each([1, 2])('poison stops nobody, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let server: ScriptedServer;
  /** What must have become a dead letter, as `describeLetter` describes it. */
  const poison: string[] = [];
  let beats = 0;
  let declared = 0;

  beforeAll(async () => {
    cordyna = await installation({ coordinators, env: { CORDYNA_SWEEP_AFTER_MS: '6000' } });
    const tasks = [{ name: 'good', timeouts: { ackMs: 300_000 } }];
    server = await scriptedServer(cordyna.brokers, cordyna.prefix, { server: 'desk', tasks });
  }, 120_000);

  /** A good message for a topic, and how it is seen that it was handled. */
  async function good(
    topic: Topic,
    api: Api = cordyna.api,
  ): Promise<[OutsideRecord, () => Promise<unknown>]> {
    const { bus } = cordyna;
    if (topic === 'declarations') {
      const id = randomUUID();
      // In turn, because of two in one batch only the second one would be seen.
      const name = `other-${(declared += 1) % 2}`;
      const record = bus.declaration({ server: name, version: id, tasks: [{ name: 'a' }] }, { id });
      const isInForce = async (): Promise<boolean> =>
        (await api.servers()).some((one) => one.server === name && one.version === id);
      return [record, () => awaitUntil('the good declaration is in force', isInForce, POLL)];
    }
    if (topic === 'servers') {
      const instance = `desk-${(beats += 1)}`;
      const record = bus.heartbeat({ server: 'desk', instance, state: 'online', capacity: 100 });
      const isSeen = async (): Promise<boolean> =>
        (await api.servers()).some(({ instances }) => instances.some((one) => one.instance === instance));
      return [record, () => awaitUntil('the good heartbeat is seen', isSeen, POLL)];
    }
    const run = randomUUID();
    if (topic === 'invocations') {
      return [bus.runRequest({ task: 'desk.good', run }), () => server.untilInvoked(run, 'desk.good')];
    }
    if (topic === 'events') {
      await api.createRun({ task: 'desk.good', run });
      const { invocation, task, attempt, lease } = await server.untilInvoked(run, 'desk.good');
      const data = { invocation, run, task, attempt, lease, instance: server.instance };
      return [{ ...bus.event(EventType.taskCompleted, data), key: run }, () => api.untilFinished(run)];
    }
    // Nobody waits for a signal: the bad one after it becomes a dead letter only when it was passed.
    const after = { key: null, value: 'bad again' };
    return [
      bus.event(TYPE.signals, { any: 'thing' }),
      async () => {
        const [written] = await bus.write('signals', [after]);
        poison.push(describeLetter(written!, after));
        return cordyna.untilDeadLetter(written!);
      },
    ];
  }

  /** The bad one between two good ones in one batch. */
  async function isRefused(topic: Topic, bad: OutsideRecord, reason: DeadLetterReason): Promise<void> {
    const [[before, isBefore], [after, isAfter]] = [await good(topic), await good(topic)];
    const partition = topic === 'declarations' ? 0 : 3;
    const records = [before, bad, after].map((record) => ({ ...record, partition }));
    const [, written] = await cordyna.bus.write(topic, records);
    poison.push(describeLetter(written!, bad));
    const letter = await cordyna.untilDeadLetter(written!);
    expect([topic, letter.reason, letter.detail]).toEqual([topic, reason, expect.any(String)]);
    await isBefore();
    await isAfter();
  }

  test.each(UNREADABLE)('%s is one dead letter on any topic: %s', async (_, reason, bytes) => {
    await Promise.all(
      TOPICS.map((topic) => isRefused(topic, { key: 'poison', value: bytes(topic) }, reason)),
    );
  });

  test.each(TOPICS)('what is wrong on %s is one dead letter with its reason', async (topic) => {
    for (const [, , reason, record] of WRONG.filter(([, on]) => on === topic)) {
      await isRefused(topic, { key: 'poison', value: null, ...record }, reason);
    }
  });

  test('each was dead-lettered once, as it was, and no coordinator that takes over does it again', async () => {
    const [stays, ...others] = cordyna.cerebros;
    await Promise.all(others.map(({ process }) => process.stop()));
    for (const topic of TOPICS) {
      const [record, isHandled] = await good(topic, stays!.api);
      await cordyna.bus.write(topic, [{ ...record, partition: topic === 'declarations' ? 0 : 3 }]);
      await isHandled();
    }
    expect(stays?.process.exit).toBeUndefined();
    const letters = await awaitUntil(
      'all dead letters are published',
      async () => {
        const records = await cordyna.dump('dead-letters');
        if (records.length >= poison.length) return records;
        throw new Error(`${records.length} of ${poison.length} are`);
      },
      { timeoutMs: 30_000, everyMs: 500 },
    );
    const described = letters.map(({ headers, key, value }) => {
      const [topic, partition, offset] = ['topic', 'partition', 'offset'].map(
        (name) => headers[`cordyna-${name}`],
      );
      return describeLetter(
        { topic: topic!, partition: Number(partition), offset: BigInt(offset!) },
        { key, value },
      );
    });
    expect(described.sort()).toEqual(poison.sort());
  });
});
