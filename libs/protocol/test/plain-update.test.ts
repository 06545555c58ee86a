import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { decodeEvent, decodeMessage, structuredTextOf, validateData } from '../src/wire/index.js';
import type { RawMessage } from '../src/wire/index.js';
import { plainUpdate } from '../src/wire/messages/plain-update.js';
import { binaryHeaders, record, validUpdate } from './support/records.js';

const headers = { 'content-type': Buffer.from('application/cloudevents+json; charset=UTF-8') };
const kinds = ['queued', 'started', 'completed', 'error', 'progress'] as const;

/** As the SDK writes it, put together of JSON texts. */
interface Parts {
  readonly kind: string;
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly subject: string;
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: string;
  readonly lease: string;
  readonly instance: string;
  readonly more: string;
}
const usual: Parts = {
  kind: 'started',
  id: '"01990000-0000-7000-8000-000000000003"',
  source: '"/servers/server-a/host-1-abcdef"',
  time: '"2026-11-21T10:00:00.123Z"',
  subject: '"server-a.extract"',
  invocation: JSON.stringify(validUpdate.invocation),
  run: JSON.stringify(validUpdate.run),
  task: '"server-a.extract"',
  attempt: '1',
  lease: '"b3BhcXVl"',
  instance: '"host-1-abcdef"',
  more: '',
};
const textOf = (changes: Partial<Parts>): string => {
  const part = { ...usual, ...changes };
  const envelope = `"specversion":"1.0","id":${part.id},"source":${part.source},"type":"cordyna.task.${part.kind}.v1"`;
  const rest = `"time":${part.time},"subject":${part.subject}`;
  const ids = `"invocation":${part.invocation},"run":${part.run},"task":${part.task},"attempt":${part.attempt}`;
  return `{${envelope},${rest},"data":{${ids},"lease":${part.lease},"instance":${part.instance}${part.more}}}`;
};
const message = (text: string): RawMessage => record(text, { headers });

/** What the readers of everything make of it; undefined: they refuse it. */
function strictly(raw: RawMessage): unknown {
  const decoded = decodeEvent(raw);
  if (!decoded.ok) return undefined;
  const data = validateData(decoded.event.type, decoded.event.data);
  return data.ok ? { ...decoded.event, data: data.value } : undefined;
}

describe('an update as the SDK writes it', () => {
  test('is what its encoder gives', () => {
    const { id, source, time, subject } = JSON.parse(textOf({})) as Record<
      'id' | 'source' | 'time' | 'subject',
      string
    >;
    const data = JSON.stringify((JSON.parse(textOf({})) as { data: object }).data);
    const type = 'cordyna.task.started.v1';
    const { value } = structuredTextOf(source)({ id, type, time, subject, traceparent: undefined, data });
    expect(value).toBe(textOf({}));
  });

  test.each([
    ['started', textOf({})],
    ['queued', textOf({ kind: 'queued', more: ',"position":17' })],
    ['completed without an output', textOf({ kind: 'completed' })],
    ['completed with an empty output', textOf({ kind: 'completed', more: ',"output":{}' })],
    ['completed with an output', textOf({ kind: 'completed', more: ',"output":{"a":[1,{"b":"é\\n😀"}]}' })],
  ])('is read in one go: %s', (_, text) => {
    const raw = message(text);
    const event = plainUpdate(raw);
    expect(event).toEqual(strictly(raw));
    expect(JSON.stringify(event)).toBe(JSON.stringify(strictly(raw)));
    expect(decodeMessage('events', raw)).toEqual({ ok: true, event, known: true });
  });

  test.each([
    ['an output that is too deep', `${'{"a":'.repeat(30)}{}${'}'.repeat(30)}`],
    ['a number that is too large', '{"a":9007199254740993}'],
    ['a key __proto__', '{"__proto__":{}}'],
    ['half of a surrogate pair', '{"a":"\\ud83d"}'],
    ['a NUL', '{"a":"\\u0000"}'],
    ['a list', '[]'],
    ['another member behind it', '{},"run":"another"'],
    ['nothing', ''],
  ])('is left to the readers of everything: its output is %s', (_, output) => {
    const raw = message(textOf({ kind: 'completed', more: `,"output":${output}` }));
    expect(plainUpdate(raw)).toBeNull();
    if (output !== '{},"run":"another"') expect(decodeMessage('events', raw).ok).toBe(false);
  });

  test('is taken as it is at the depth that is allowed', () => {
    const output = `${'{"a":'.repeat(29)}{}${'}'.repeat(29)}`;
    const raw = message(textOf({ kind: 'completed', more: `,"output":${output}` }));
    expect(plainUpdate(raw)).toEqual(strictly(raw));
  });

  test('is left to the readers of everything with other headers, without a value, and when it is long', () => {
    const text = textOf({});
    expect(plainUpdate(record(text))).toBeNull();
    expect(plainUpdate(record(text, { headers: binaryHeaders() }))).toBeNull();
    expect(plainUpdate(record(null, { headers }))).toBeNull();
    const long = `,"output":{"a":"${'x'.repeat(4096)}"}`;
    expect(plainUpdate(message(textOf({ kind: 'completed', more: long })))).toBeNull();
  });
});

const odd = fc.constantFrom(
  ...[
    '""',
    '"\\u0000"',
    '"\\ud83d"',
    '"a b"',
    '"é"',
    '"A.B"',
    '"a.b."',
    '"server-a"',
    'null',
    '1',
    '{}',
    '"x","x":"y"',
  ],
  ...[
    '"/cerebro/one"',
    '"/servers/a?b"',
    '"2026-02-30T10:00:00.000Z"',
    '"2026-11-21T10:00:00+01:00"',
    '"-"',
    '"\x7f"',
  ],
  ...[
    JSON.stringify('x'.repeat(257)),
    JSON.stringify(`a.${'b'.repeat(65)}`),
    '0',
    '01',
    '2147483648',
    '1.5',
    '1e3',
  ],
);
const more = fc.oneof(
  fc.constantFrom(
    '',
    ',"position":1',
    ',"position":-1',
    ',"position":01',
    ',"output":{}',
    ',"output":null',
    ',"x":1',
  ),
  fc.json({ noUnicodeString: false }).map((json) => `,"output":${json}`),
  fc.object({ maxDepth: 4 }).map((output) => `,"output":${JSON.stringify(output) ?? '{}'}`),
);
const changes = fc
  .tuple(
    fc.constantFrom(...kinds),
    more,
    fc.array(fc.tuple(fc.constantFrom(...Object.keys(usual)), odd), { maxLength: 1 }),
  )
  .map(([kind, behind, others]) => ({ kind, more: behind, ...Object.fromEntries(others) }));
/** A cut, a byte more, or another byte somewhere. */
const damage = fc.option(fc.tuple(fc.nat(700), fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 2)), {
  freq: 1,
});

test('whatever is read in one go is what the readers of everything make of it', () => {
  let taken = 0;
  fc.assert(
    fc.property(changes, damage, (changed, damaged) => {
      let value = Buffer.from(textOf(changed as Partial<Parts>));
      if (damaged) {
        const [at, byte, drop] = damaged;
        value = Buffer.concat([value.subarray(0, at), Buffer.from([byte]), value.subarray(at + drop)]);
      }
      const raw = record(value, { headers });
      const event = plainUpdate(raw);
      if (event === null) return;
      taken += 1;
      expect(event).toEqual(strictly(raw));
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(100);
});
