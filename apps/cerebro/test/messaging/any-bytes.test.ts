import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BusRecord } from '@cordyna/bus';
import { DEAD_LETTER_REASONS, EventType } from '@cordyna/protocol/model';
import { encodeBinary, encodeStructured, topicsOf } from '@cordyna/protocol/wire';
import { fuzzSeed, fuzzSettings } from '@cordyna/testkit';
import { InboundDecoder } from '../../src/messaging/index.js';

const settings = fuzzSettings();
const INPUTS = settings.inputs;
const topics = topicsOf('c');
const decoder = new InboundDecoder(topics);
const reasons: ReadonlySet<string> = new Set(DEAD_LETTER_REASONS);

const identity = { invocation: 'i', run: 'r', task: 's.t', attempt: 1, lease: 'l', instance: 'one' };
const good = [
  [
    topics.declarations,
    EventType.serverDeclared,
    { server: 's', tasks: [{ name: 't', dependsOn: ['u.v'] }] },
  ],
  [topics.servers, EventType.serverHeartbeat, { server: 's', instance: 'one', state: 'online', capacity: 1 }],
  [topics.events, EventType.taskStarted, identity],
  [topics.events, EventType.taskCompleted, { ...identity, output: { a: [1, { b: null }] } }],
  [topics.events, EventType.taskError, { ...identity, error: { code: 'x', message: 'y' } }],
  [topics.invocations, EventType.runRequested, { task: 's.t', args: { a: 1 } }],
  [topics.signals, 'anything.happened', { a: 1 }],
] as const;

const at = (
  topic: string,
  key: Buffer | null,
  value: Buffer | null,
  headers: BusRecord['headers'],
): BusRecord => ({
  topic,
  partition: 0,
  offset: 0n,
  timestampMs: 0,
  key,
  value,
  headers,
});

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const headers = fc.dictionary(
  fc.constantFrom('content-type', 'ce_id', 'ce_type', 'ce_source', 'ce_specversion', 'ce_time', 'x'),
  fc.oneof(
    bytes,
    fc.constantFrom('1.0', 'application/json', EventType.taskStarted).map((text) => Buffer.from(text)),
  ),
);
const topic = fc.constantFrom(
  topics.declarations,
  topics.servers,
  topics.events,
  topics.invocations,
  topics.signals,
);

/** Nothing that anybody meant to send. */
const noise = fc
  .record({ topic, key: fc.option(bytes), value: fc.option(fc.oneof(bytes, json())), headers })
  .map((record) => at(record.topic, record.key, record.value, record.headers));

function json(): fc.Arbitrary<Buffer> {
  return fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text));
}

/** A good message with some of its bytes changed, taken out or put in, in either mode. */
const damaged = fc
  .record({
    message: fc.constantFrom(...good),
    binary: fc.boolean(),
    cut: fc.array(fc.tuple(fc.nat(400), fc.nat(3), bytes), { maxLength: 3 }),
    attributes: fc.dictionary(
      fc.constantFrom('time', 'subject', 'source', 'id', 'traceparent'),
      fc.string(),
      {
        maxKeys: 2,
      },
    ),
  })
  .map(({ message: [name, type, data], binary, cut, attributes }) => {
    const event = {
      specversion: '1.0',
      id: '1',
      source: '/servers/s/one',
      type,
      data,
      ...attributes,
    } as const;
    const encoded = binary ? encodeBinary(event) : encodeStructured(event);
    let { value } = encoded;
    for (const [from, taken, put] of cut) {
      value = Buffer.concat([value.subarray(0, from), put.subarray(0, 4), value.subarray(from + taken)]);
    }
    const asBuffers = Object.fromEntries(
      Object.entries(encoded.headers).map(([header, text]) => [header, Buffer.from(text)]),
    );
    return at(name, Buffer.from('s'), value, asBuffers);
  });

test('a good message of each kind is read as what it is', () => {
  const kinds = good.map(([name, type, data]) => {
    const { value, headers: sent } = encodeStructured({
      specversion: '1.0',
      id: '1',
      source: '/x',
      type,
      data,
    });
    const asBuffers = Object.fromEntries(
      Object.entries(sent).map(([header, text]) => [header, Buffer.from(text)]),
    );
    return decoder.decode(at(name, Buffer.from('s'), value, asBuffers)).kind;
  });
  expect(kinds).toEqual(['declare', 'heartbeat', 'update', 'update', 'update', 'run-requested', 'signal']);
});

const anyRecord = fc.oneof({ weight: 1, arbitrary: noise }, { weight: 2, arbitrary: damaged });

/** What is wrong with how the record of a seed is taken; nothing is what it should be. */
function wrongWith(at: number, seen: Set<string>): string[] {
  const [record] = fc.sample(anyRecord, { seed: fuzzSeed(settings.seed + at), numRuns: 1 });
  const again = `\n  again: ${settings.command(at)}`;
  try {
    const inbound = decoder.decode(record!);
    seen.add(inbound.kind);
    if (inbound.kind !== 'poison' || reasons.has(inbound.reason)) return [];
    return [`the reason is ${inbound.reason}${again}`];
  } catch (error) {
    return [`${(error as Error).stack}${again}`];
  }
}

test(
  `any of ${INPUTS} records is read or refused with a reason of the closed list, and none throws`,
  () => {
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (let at = 0; at < INPUTS && wrong.length < 5; at++) wrong.push(...wrongWith(at, seen));
    expect(wrong).toEqual([]);
    if (INPUTS < 10_000) return;
    // The inputs reach behind the first check.
    const kinds = ['declare', 'heartbeat', 'poison', 'run-requested', 'signal', 'update'];
    expect([...seen]).toEqual(expect.arrayContaining(kinds));
  },
  60_000 + INPUTS * 5,
);
