import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { decodeEvent } from '../src/wire/index.js';
import { binaryHeaders, event, record, validUpdate } from './support/records.js';

const reasonOf = (raw: ReturnType<typeof record>) => {
  const decoded = decodeEvent(raw);
  return decoded.ok ? 'taken' : decoded.reason;
};

describe('structured mode', () => {
  test.each([
    ['its content type', 'application/cloudevents+json; charset=UTF-8'],
    ['its content type in another case', 'Application/CloudEvents+JSON'],
    ['its content type without a format', 'application/cloudevents'],
    ['the content type of plain JSON', 'application/json'],
  ])('an event is read with %s', (_, contentType) => {
    const headers = { 'content-type': Buffer.from(contentType) };
    expect(decodeEvent(record(event(), { headers }))).toEqual({ ok: true, event: event() });
  });

  test('an event is read without any header', () => {
    expect(decodeEvent(record(event()))).toEqual({ ok: true, event: event() });
  });

  test('the name of the header may be in any case', () => {
    const headers = { 'Content-Type': 'application/cloudevents+json' };
    expect(decodeEvent(record(event(), { headers })).ok).toBe(true);
  });

  test('ce_ headers beside a structured event are ignored', () => {
    const headers = binaryHeaders({ 'content-type': 'application/cloudevents+json', ce_id: 'other' });
    expect(decodeEvent(record(event(), { headers }))).toEqual({ ok: true, event: event() });
  });

  test.each(['application/cloudevents-batch+json', 'application/cloudevents+avro'])(
    '%s is refused',
    (type) => {
      const headers = { 'content-type': type };
      expect(reasonOf(record(event(), { headers }))).toBe('not_a_cloudevent');
    },
  );

  test('attributes that are null are the same as left out', () => {
    const decoded = decodeEvent(record(event({ time: null, subject: null, data: null } as never)));
    expect(decoded).toMatchObject({ ok: true, event: { data: {} } });
    expect(decoded.ok && Object.keys(decoded.event)).not.toContain('time');
  });

  test('an event without data has the data {}', () => {
    const { data: _, ...bare } = event();
    expect(decodeEvent(record(bare))).toMatchObject({ ok: true, event: { data: {} } });
  });

  test('extension attributes are passed on', () => {
    expect(decodeEvent(record(event({ tenant: 'x' })))).toMatchObject({ ok: true, event: { tenant: 'x' } });
  });

  test('a trace context that is not well-formed is left out', () => {
    const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(decodeEvent(record(event({ traceparent: good })))).toMatchObject({ event: { traceparent: good } });
    const decoded = decodeEvent(record(event({ traceparent: 'nonsense' })));
    expect(decoded.ok && 'traceparent' in decoded.event).toBe(false);
  });
});

describe('binary mode', () => {
  test('attributes come from headers and data from the value', () => {
    const headers = binaryHeaders({
      ce_subject: Buffer.from('server-a.extract'),
      ce_time: '2026-11-21T10:00:00Z',
    });
    expect(decodeEvent(record(validUpdate, { headers }))).toEqual({
      ok: true,
      event: {
        specversion: '1.0',
        id: 'id-1',
        source: '/servers/server-a/server-a-1',
        type: 'cordyna.task.started.v1',
        subject: 'server-a.extract',
        time: '2026-11-21T10:00:00Z',
        datacontenttype: 'application/json',
        data: validUpdate,
      },
    });
  });

  test('a content type is not needed', () => {
    const headers = binaryHeaders({ 'content-type': undefined });
    expect(decodeEvent(record(validUpdate, { headers })).ok).toBe(true);
  });

  test('of a header that comes twice the last one counts', () => {
    const headers = binaryHeaders({ ce_id: [Buffer.from('first'), Buffer.from('last')] });
    expect(decodeEvent(record(validUpdate, { headers }))).toMatchObject({ event: { id: 'last' } });
  });

  test('an extension named data cannot take the place of the data', () => {
    const headers = binaryHeaders({ ce_data: '{"run":"other"}' });
    expect(decodeEvent(record(validUpdate, { headers }))).toMatchObject({ event: { data: validUpdate } });
  });

  test.each([
    ['a content type that is not JSON', { 'content-type': 'text/plain' }, 'not_json'],
    ['no specversion', { ce_specversion: undefined }, 'not_a_cloudevent'],
    ['no id', { ce_id: undefined }, 'not_a_cloudevent'],
    ['a header that is not UTF-8', { ce_subject: Buffer.from([0xff]) }, 'not_utf8'],
    ['a NUL in a header', { ce_subject: Buffer.from('a\0b') }, 'nul_character'],
  ])('%s is refused', (_, headers, reason) => {
    expect(reasonOf(record(validUpdate, { headers: binaryHeaders(headers) }))).toBe(reason);
  });

  test('an event without a value has the data {}', () => {
    expect(decodeEvent(record(null, { headers: binaryHeaders() }))).toMatchObject({ event: { data: {} } });
  });
});

describe('what is no event', () => {
  test.each([
    ['a record without a value', record(null), 'no_value'],
    [
      'a tombstone with the structured content type',
      record(null, { headers: { 'content-type': 'application/cloudevents+json' } }),
      'no_value',
    ],
    ['an empty value', record(''), 'not_json'],
    ['malformed JSON', record('{"specversion":'), 'not_json'],
    ['a list', record([event()]), 'not_a_cloudevent'],
    ['a string', record('"hello"'), 'not_a_cloudevent'],
    ['null', record('null'), 'not_a_cloudevent'],
    ['another version', record(event({ specversion: '0.3' as '1.0' })), 'not_a_cloudevent'],
    ['a version that is a number', record(event({ specversion: 1 as never })), 'not_a_cloudevent'],
    ['an empty id', record(event({ id: '' })), 'not_a_cloudevent'],
    ['an id that is a number', record(event({ id: 7 as never })), 'not_a_cloudevent'],
    ['an id of 513 characters', record(event({ id: 'x'.repeat(513) })), 'not_a_cloudevent'],
    ['an empty type', record(event({ type: '' })), 'not_a_cloudevent'],
    ['a source with a space', record(event({ source: 'my source' })), 'not_a_cloudevent'],
    ['a source with half an escape', record(event({ source: '/a%2' })), 'not_a_cloudevent'],
    ['a time without a zone', record(event({ time: '2026-11-21T10:00:00' })), 'not_a_cloudevent'],
    ['a day that does not exist', record(event({ time: '2026-02-29T10:00:00Z' })), 'not_a_cloudevent'],
    ['a subject that is an object', record(event({ subject: {} as never })), 'not_a_cloudevent'],
    ['data that is a string', record(event({ data: 'text' })), 'invalid_data'],
    ['data that is a list', record(event({ data: [] })), 'invalid_data'],
    ['data in base64', record(event({ data: undefined, data_base64: 'e30=' })), 'invalid_data'],
    ['nesting of 20,000', record(`{"data":${'['.repeat(20_000)}`), 'too_deep'],
    ['a NUL character', record(event({ data: { text: 'a\0b' } })), 'nul_character'],
    ['half a surrogate pair', record(event({ data: { text: '\ud83d' } })), 'not_utf8'],
    ['bytes that are not UTF-8', record(Buffer.from([0x7b, 0xff, 0x7d])), 'not_utf8'],
    ['an integer beyond 2^53-1', record('{"data":{"n":9007199254740993}}'), 'invalid_data'],
  ])('%s', (_, raw, reason) => {
    expect(reasonOf(raw)).toBe(reason);
  });

  test('a value of exactly 1 MiB is taken, and one byte more is refused', () => {
    const around = JSON.stringify(event({ data: { text: '' } })).length;
    const ofSize = (bytes: number) => record(event({ data: { text: 'x'.repeat(bytes - around) } }));
    expect(reasonOf(ofSize(1024 * 1024))).toBe('taken');
    expect(reasonOf(ofSize(1024 * 1024 + 1))).toBe('too_large');
  });

  test('times with an offset, in lower case, and on a leap day are taken', () => {
    for (const time of ['2028-02-29T23:59:59+14:00', '2026-11-21t10:00:00.123456789z']) {
      expect(reasonOf(record(event({ time })))).toBe('taken');
    }
  });

  test('no JSON value and no header makes it throw', () => {
    const headers = fc.dictionary(
      fc.constantFrom('content-type', 'ce_id', 'ce_specversion', 'ce___proto__', 'CE_type', 'x'),
      fc.oneof(
        fc.string(),
        fc.uint8Array().map((b) => Buffer.from(b)),
        fc.constant(undefined),
        fc.constant([]),
      ),
    );
    fc.assert(
      fc.property(fc.jsonValue(), headers, (value, found) => {
        const decoded = decodeEvent(record(JSON.stringify(value), { headers: found }));
        expect(typeof decoded.ok).toBe('boolean');
      }),
      { numRuns: 1_000 },
    );
  });
});
