import fc from 'fast-check';
import type { Schema } from './document.js';
import { odd, valuesOf, word } from './values.js';

export interface Body {
  readonly bytes: Buffer;
  /** Given as `content-encoding`; they are not encoded like that. */
  readonly encoding: string | null;
}

const BIG_BYTES = 1024 * 1024 + 1;

const plain = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** One member at any depth, replaced, removed or added. */
function changed(value: unknown, at: number, key: string, other: unknown): unknown {
  if (typeof value !== 'object' || value === null) return other;
  const entries = Object.entries(value);
  const chosen = at % (entries.length + 2);
  if (chosen === entries.length) return Array.isArray(value) ? [...value, other] : { ...value, [key]: other };
  if (chosen > entries.length) return other;
  const [name, member] = entries[chosen]!;
  const next = at % 3 === 0 ? other : changed(member, Math.floor(at / 3), key, other);
  if (Array.isArray(value)) return value.with(Number(name), next);
  const kept = entries.filter(([own]) => own !== name);
  return Object.fromEntries(at % 7 === 0 ? kept : [...kept, [name, next]]);
}

const wrongNumbers = [
  '1e400',
  '-0',
  '1'.repeat(400),
  '9007199254740993',
  '01',
  '.5',
  '0x1',
  'Infinity',
  '1e-400',
];

/** The text of a good value, damaged. */
const DAMAGES: readonly ((text: string, at: number, bytes: Buffer) => Buffer)[] = [
  (text, at) => Buffer.from(text.slice(0, at % (text.length + 1))),
  (text, at, bytes) =>
    Buffer.concat([Buffer.from(text.slice(0, at % text.length)), bytes, Buffer.from(text)]),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
  (text) => Buffer.from(text.replaceAll(/[a-z](?=")/g, '\u00ff'), 'latin1'),
  (text) =>
    Buffer.from(text.replace('{', '{"task":"fuzz.a","task":"fuzz.b","name":1,"name":2,"__proto__":{"a":1},')),
  (text, at) => Buffer.from(text.replace(/("[^"]*":)/, `$1${wrongNumbers[at % wrongNumbers.length]},"z":`)),
  (text) => Buffer.from(text.replaceAll(/"(?=[,}\]])/g, '\\u0000"')),
  (text, at) => Buffer.from(text.replace(/(":)/, `$1${'[{"a":'.repeat(at)}1${'}]'.repeat(at)},"z":`)),
  (text) => Buffer.from(`${text} ${text}`),
  (_, at) => Buffer.from('['.repeat(at * 50)),
];

/** Bodies for a call that takes this schema: good ones, nearly good ones, and anything. */
export function bodiesOf(schema: Schema): fc.Arbitrary<Body> {
  const value = valuesOf(schema);
  const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
  const content = fc.oneof(
    { weight: 400, arbitrary: value.map(plain) },
    {
      weight: 300,
      arbitrary: fc
        .tuple(value, fc.nat(10_000), word, odd)
        .map(([good, at, key, other]) => plain(changed(good, at, key, other))),
    },
    {
      weight: 250,
      arbitrary: fc
        .tuple(value, fc.constantFrom(...DAMAGES), fc.nat(400), bytes)
        .map(([good, damage, at, put]) => damage(JSON.stringify(good), at, put)),
    },
    { weight: 80, arbitrary: odd.map(plain) },
    { weight: 40, arbitrary: bytes },
    { weight: 10, arbitrary: fc.constant(Buffer.alloc(0)) },
    { weight: 3, arbitrary: fc.constantFrom(0, 1).map((more) => Buffer.alloc(BIG_BYTES - more, ' ')) },
  );
  const encoding = fc.oneof(
    { weight: 60, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('gzip', 'br', 'identity', 'aes', 'gzip, gzip') },
  );
  return fc.record({ bytes: content, encoding });
}
