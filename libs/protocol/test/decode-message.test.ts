import { describe, expect, test } from '@jest/globals';
import { EventType } from '../src/model/index.js';
import { decodeMessage, deadLetterHeaders, deadLetterValue } from '../src/wire/index.js';
import type { TopicKind } from '../src/wire/index.js';
import { event, record, validUpdate } from './support/records.js';

const decode = (kind: TopicKind, changes: Parameters<typeof event>[0], key: string | null = 'server-a') =>
  decodeMessage(kind, record(event(changes), { key }));

const declaration = { server: 'server-a', tasks: [{ name: 'extract' }] };
const declared = { type: EventType.serverDeclared, data: declaration };
const cancel = {
  type: EventType.taskCancel,
  data: { invocation: 'i', run: 'r', task: 'a.b', reason: 'timed out' },
};
const heartbeat = { server: 'server-a', instance: 'i', state: 'online', capacity: 1 };
const answer = { declaration: 'd', server: 'server-a', tasks: [], unresolved: [], warnings: [] };

describe('the types that belong on a topic', () => {
  test.each([
    ['declarations', declared],
    ['servers', { type: EventType.serverHeartbeat, data: heartbeat }],
    ['registrations', { type: EventType.serverAccepted, data: answer }],
    ['commands', cancel],
    ['events', { type: EventType.taskStarted, data: validUpdate }],
    ['invocations', { type: EventType.runRequested, data: { task: 'a.b' } }],
  ] as const)('%s gives what it is for, as known', (kind, changes) => {
    expect(decode(kind, changes)).toEqual({ ok: true, known: true, event: event(changes) });
  });

  test.each([
    ['declarations', EventType.serverHeartbeat],
    ['servers', EventType.serverDeclared],
    ['events', 'cordyna.task.paused.v1'],
    ['events', EventType.taskInvoke],
    ['invocations', EventType.taskCompleted],
    ['invocations', 'toString'],
  ] as const)('on %s the type %s is poison', (kind, type) => {
    expect(decode(kind, { type })).toMatchObject({
      ok: false,
      reason: 'unknown_type',
      event: { id: 'id-1' },
    });
  });

  test.each(['commands', 'registrations'] as const)('on %s a type of the future is left alone', (kind) => {
    expect(decode(kind, { type: 'cordyna.task.pause.v1', data: {} })).toMatchObject({
      ok: true,
      known: false,
    });
  });

  test('on signals any event is taken as it is, also one with a type of the protocol', () => {
    expect(decode('signals', { type: 'com.example.landed', data: { x: 1 } })).toMatchObject({
      ok: true,
      known: false,
    });
    expect(decode('signals', { type: EventType.taskError, data: {} })).toMatchObject({
      ok: true,
      known: false,
    });
  });
});

describe('events', () => {
  test.each(Object.values(EventType))(
    '%s from Cerebro is never an update, and its data is not judged',
    (type) => {
      const decoded = decode('events', { type, source: '/cerebro/one', data: { run: 'r' } });
      expect(decoded).toMatchObject({ ok: true, known: false });
    },
  );

  test.each([EventType.runFinished, EventType.taskInvoked, EventType.taskBlocked])(
    '%s from another is refused',
    (type) => {
      expect(decode('events', { type })).toMatchObject({ ok: false, reason: 'forbidden_source' });
    },
  );

  test('the data of an update is judged', () => {
    const decoded = decode('events', { data: { ...validUpdate, attempt: 'one', lease: 5 } });
    expect(decoded).toMatchObject({ ok: false, reason: 'invalid_data', event: { id: 'id-1' } });
    expect(!decoded.ok && decoded.errors?.map(({ path }) => path).sort()).toEqual(['/attempt', '/lease']);
    expect(!decoded.ok && decoded.detail).toContain('/attempt must be integer');
  });

  test('nulls are taken out of what is handed on', () => {
    const decoded = decode('events', {
      type: EventType.taskCompleted,
      data: { ...validUpdate, output: null },
    });
    expect(decoded.ok && decoded.event.data).toEqual(validUpdate);
  });
});

describe('declarations', () => {
  test('a record without a value withdraws the server of its key', () => {
    expect(decodeMessage('declarations', record(null))).toMatchObject({
      ok: false,
      reason: 'no_value',
      withdraws: 'server-a',
    });
  });

  test.each([null, 'Not A Name', Buffer.from([0xff])])('one under the key %j withdraws nobody', (key) => {
    const decoded = decodeMessage('declarations', record(null, { key }));
    expect(decoded).toMatchObject({ ok: false, reason: 'no_value' });
    expect(decoded).not.toHaveProperty('withdraws');
  });

  test('a record without a value elsewhere is poison', () => {
    expect(decodeMessage('events', record(null))).toMatchObject({ ok: false, reason: 'no_value' });
    expect(decodeMessage('events', record(null))).not.toHaveProperty('withdraws');
  });

  test.each(['server-b', null])('one under the key %j is refused: compaction goes by the key', (key) => {
    expect(decode('declarations', declared, key)).toMatchObject({
      ok: false,
      reason: 'key_mismatch',
      event: { data: { server: 'server-a' } },
    });
  });

  test('one that does not validate keeps its event, so that it can be answered', () => {
    const decoded = decode('declarations', { ...declared, data: { server: 'server-a', tasks: [{}] } });
    expect(decoded).toMatchObject({
      ok: false,
      reason: 'invalid_data',
      event: { id: 'id-1', data: { server: 'server-a' } },
      errors: [{ path: '/tasks/0/name', message: 'is required' }],
    });
  });
});

describe('nesting', () => {
  const deep = (levels: number): unknown => (levels === 0 ? {} : { a: deep(levels - 1) });
  const update = (levels: number) => ({
    type: EventType.taskCompleted,
    data: { ...validUpdate, output: deep(levels) },
  });

  test('an output of an update that is 32 deep in all is taken', () => {
    expect(decode('events', update(29)).ok).toBe(true);
    expect(decode('events', update(30))).toMatchObject({ ok: false, reason: 'too_deep' });
  });

  test('a command may wrap the deepest output once more, as inputs of a list', () => {
    const { instance: _, ...identity } = validUpdate;
    const invoke = {
      ...{ ...identity, item: null, args: {}, inputs: { 'a.b': [deep(29)] }, trigger: { kind: 'request' } },
      timeouts: { ackMs: 1, startMs: 1, completeMs: 1 },
      expiresAt: '2026-11-21T10:00:10.000Z',
    };
    expect(decode('commands', { type: EventType.taskInvoke, data: invoke })).toMatchObject({
      ok: true,
      known: true,
    });
  });
});

describe('dead letters', () => {
  const origin = { topic: 'cordyna.events', partition: 3, offset: 9007199254740993n, truncated: false };

  test('the headers say why and where from', () => {
    expect(deadLetterHeaders({ reason: 'too_deep', detail: 'nested', ...origin })).toEqual({
      'cordyna-reason': 'too_deep',
      'cordyna-detail': 'nested',
      'cordyna-topic': 'cordyna.events',
      'cordyna-partition': '3',
      'cordyna-offset': '9007199254740993',
      'cordyna-truncated': 'false',
    });
  });

  test('a long detail is cut off, also amid a pair of surrogates', () => {
    const headers = deadLetterHeaders({ reason: 'not_json', detail: `x${'😀'.repeat(900)}`, ...origin });
    expect(headers['cordyna-detail']).toHaveLength(1_000);
    expect(Buffer.from(headers['cordyna-detail']!).toString()).toBe(headers['cordyna-detail']);
  });

  test('of a value the first 900 KiB are kept', () => {
    const large = Buffer.alloc(900 * 1024 + 1, 'x');
    // Jest would compare them byte by byte, for seconds.
    const cut = deadLetterValue(large);
    expect(cut.value?.equals(large.subarray(0, 900 * 1024))).toBe(true);
    expect(cut.truncated).toBe(true);
    const whole = deadLetterValue(large.subarray(1));
    expect(whole.value?.equals(large.subarray(1))).toBe(true);
    expect(whole.truncated).toBe(false);
    expect(deadLetterValue(null)).toEqual({ value: null, truncated: false });
  });
});
