import { CloudEvent as OfficialEvent, Kafka } from 'cloudevents';
import { describe, expect, test } from '@jest/globals';
import { decodeEvent, encodeBinary, encodeStructured } from '../src/wire/index.js';
import type { CloudEvent, EncodedMessage, RawMessage } from '../src/wire/index.js';
import { record, validUpdate } from './support/records.js';

const ours: CloudEvent = {
  specversion: '1.0',
  id: 'id-1',
  source: '/servers/server-a/server-a-1',
  type: 'cordyna.task.completed.v1',
  time: '2026-11-21T10:00:00.123Z',
  subject: 'server-a.extract',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  datacontenttype: 'application/json',
  tenant: 'north',
  data: { ...validUpdate, output: { text: 'Grüße 😀', list: [1, 2.5, null, { deep: true }] } },
};

/** As kafkajs hands it over: header values are bytes. */
const overTheWire = ({ value, headers }: EncodedMessage): RawMessage => ({
  key: Buffer.from('run'),
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});

/** The official reader wants its headers as strings. */
const readOfficially = ({ value, headers }: EncodedMessage) =>
  Kafka.toEvent({
    key: 'run',
    value: value.toString(),
    headers: { ...headers },
    body: undefined,
  } as never) as unknown as Record<string, unknown>;

/** The official writer leaves data of the binary mode unserialized and writes undefined headers. */
function writtenOfficially(mode: 'structured' | 'binary'): RawMessage {
  const message = Kafka[mode](new OfficialEvent<unknown>(ours));
  const text = typeof message.value === 'string' ? message.value : JSON.stringify(message.value);
  const headers = Object.entries(message.headers ?? {}).filter(([, value]) => value !== undefined);
  return record(text, { headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])) });
}

describe('the codec and the official CloudEvents library', () => {
  test.each([
    ['structured', encodeStructured],
    ['binary', encodeBinary],
  ])('what we write in %s mode is read by the library', (_, encode) => {
    const read = readOfficially(encode(ours));
    for (const [name, value] of Object.entries(ours)) expect(read[name]).toEqual(value);
  });

  test.each(['structured', 'binary'] as const)('what the library writes in %s mode is read by us', (mode) => {
    const decoded = decodeEvent(writtenOfficially(mode));
    expect(decoded.ok && decoded.event).toMatchObject(ours);
  });

  test.each([
    ['structured', encodeStructured],
    ['binary', encodeBinary],
  ])('what we write in %s mode is what we read', (_, encode) => {
    expect(decodeEvent(overTheWire(encode(ours)))).toEqual({ ok: true, event: ours });
  });

  test('structured mode carries the content type of the protocol', () => {
    expect(encodeStructured(ours).headers).toEqual({
      'content-type': 'application/cloudevents+json; charset=UTF-8',
    });
  });

  test('the library throws on a tombstone where we give an answer', () => {
    const headers = { ce_id: 'id-1', ce_specversion: '1.0' };
    expect(() => Kafka.toEvent({ value: null, headers } as never)).toThrow();
    expect(decodeEvent(record(null))).toMatchObject({ ok: false, reason: 'no_value' });
  });
});
